import { translateError } from './translate-error.js';

/** Why the broker does not take a message, whoever sends it and whenever. */
export interface Refusal {
  /** A stable code. */
  readonly reason: string;
  /** The same for people. */
  readonly detail: string;
}

/**
 * What `error` says of the message that was sent; undefined when it says something of the broker, or of our rights: then
 * the same message may be taken later.
 */
export function refusalOf(error: unknown): Refusal | undefined {
  const { code, message } = translateError(error, 'send a copy');
  if (code === 'MessageTooLarge') return { reason: code, detail: message };
  if (code === 'InvalidMessage') return { reason: 'CopyRefused', detail: message };
  return undefined;
}
