import { deepEqual } from 'node:assert/strict';

/**
 * Fails unless `actual` has what `part` has, in depth: what `part` does not mention may be anything, lists are as long.
 * A regular expression in `part` stands for the texts that it matches.
 */
export function matches(actual: unknown, part: unknown): void {
  deepEqual(narrowed(actual, part), part);
}

/** What of `actual` is comparable to `part`. */
function narrowed(actual: unknown, part: unknown): unknown {
  if (part instanceof RegExp) return typeof actual === 'string' && part.test(actual) ? part : actual;
  if (typeof actual !== 'object' || actual === null || typeof part !== 'object' || part === null) return actual;
  if (Array.isArray(actual) !== Array.isArray(part)) return actual;
  if (Array.isArray(actual)) return actual.map((each, index) => narrowed(each, (part as readonly unknown[])[index]));
  const entries = Object.entries(part).filter(([name]) => name in actual);
  return Object.fromEntries(entries.map(([name, each]) => [name, narrowed(Reflect.get(actual, name), each)]));
}
