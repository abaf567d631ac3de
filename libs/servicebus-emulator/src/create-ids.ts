import { randomUUID } from 'node:crypto';

/** The digits of a uuid behind its last dash. */
const COUNTED_DIGITS = 12;

/**
 * Makes ids that have the form of uuids and are given once: random but for their last digits, which count. They are no
 * secrets.
 */
export function createIds(): () => string {
  const random = randomUUID().slice(0, -COUNTED_DIGITS);
  let last = 0;
  return () => random + (++last).toString(16).padStart(COUNTED_DIGITS, '0');
}
