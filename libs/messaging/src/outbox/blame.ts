import { TransportError, type TransportErrorCode } from '../transport.js';

/**
 * Who a failed send is to be blamed on. `message`: the broker refuses this one for its own sake, and no repetition will
 * help. `destination`: broker, entity or right to it are in trouble, and every message to it would fail. `unknown`:
 * the error does not tell.
 */
export type Blame = 'message' | 'destination' | 'unknown';

const blames: Readonly<Partial<Record<TransportErrorCode, Blame>>> = Object.freeze({
  MessageTooLarge: 'message',
  InvalidMessage: 'message',
  QueueNotFound: 'destination',
  TopicNotFound: 'destination',
  Unauthorized: 'destination',
  Unreachable: 'destination',
  Timeout: 'destination',
  Busy: 'destination',
  QueueFull: 'destination',
  EntityDisabled: 'destination',
  InvalidTopology: 'destination',
  Closed: 'destination',
});

export function blameOf(error: unknown): Blame {
  return error instanceof TransportError ? (blames[error.code] ?? 'unknown') : 'unknown';
}
