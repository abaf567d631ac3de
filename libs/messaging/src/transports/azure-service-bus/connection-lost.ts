import { TransportError } from '../../transport.js';

/** What is told to whoever waits for an answer over a connection that is gone. */
export function connectionLost(cause: Error | undefined): TransportError {
  const message = `The connection to the broker was lost: ${cause?.message ?? 'it was closed from the other end'}.`;
  return new TransportError('Unreachable', message, true, { cause });
}
