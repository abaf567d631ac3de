import { rangeProblems, withDefaults } from '../../resolve-options.js';
import { type SessionOptions, type SubscribeOptions, TransportError } from '../../transport.js';

/** The options of a subscription to sessions with every default filled in. */
export type ResolvedSessionOptions = Required<SessionOptions>;

/**
 * Fills in the defaults and checks the ranges.
 * @throws TransportError `InvalidOptions` that says what is out of range
 */
export function resolveSessionOptions(queue: string, options: SessionOptions): ResolvedSessionOptions {
  const resolved = withDefaults(options, { maxConcurrentSessions: 10, idleTimeoutMs: 100 });
  const problems = rangeProblems(resolved, {
    maxConcurrentSessions: { min: 1, max: 1_000, whole: true },
    idleTimeoutMs: { min: 1, max: 300_000 },
  });
  if (problems.length === 0) return resolved;
  const message = `Invalid options for the sessions of queue "${queue}": ${problems.join('; ')}.`;
  throw new TransportError('InvalidOptions', message, false);
}

/** How many sessions a subscription holds at most, each with one delivery at a time: the lower of its two limits. */
export function sessionLimit(
  queue: string,
  { concurrency, sessions }: Pick<SubscribeOptions, 'concurrency' | 'sessions'>,
): number {
  return Math.min(concurrency, resolveSessionOptions(queue, sessions ?? {}).maxConcurrentSessions);
}
