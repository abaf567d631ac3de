import { createHash } from 'node:crypto';

/** How much of a detail tells groups apart, in UTF-16 code units: what follows is of one letter only. */
const longestPattern = 400;

/**
 * What differs from letter to letter, each linear in the text. In this order: an instant has numbers in it, and an id may
 * begin with one.
 */
const variable: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b\d{4}-\d{2}-\d{2}T[0-9:.]+(?:Z|[+-]\d{2}:\d{2})/g, '<time>'],
  [/"[^"\n]*"|'[^'\n]*'/g, '<text>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{12,64}\b/gi, '<hex>'],
  [/\d+(?:\.\d+)*/g, '<n>'],
];

/** A detail without what differs from letter to letter: ids, times, quoted texts, numbers. */
export function patternOf(detail: string): string {
  const start = detail.slice(0, 4 * longestPattern);
  return variable.reduce((text, [what, name]) => text.replace(what, name), start).slice(0, longestPattern);
}

/** What a group of dead letters has in common. */
export interface Likeness {
  readonly queue: string;
  readonly type: string;
  readonly reason: string;
  readonly pattern: string;
}

/** The id of the group: the same in every replica, and in every database. */
export function fingerprintOf({ queue, type, reason, pattern }: Likeness): string {
  return createHash('sha256')
    .update(JSON.stringify([queue, type, reason, pattern]))
    .digest('hex')
    .slice(0, 16);
}
