import { TransportError } from '../transport.js';

/** Whatever was done for the message may be done again: it is delivered once more when its lock has run out. */
export function notSettled(cause: unknown, what: string, queue: string): TransportError {
  if (cause instanceof TransportError && cause.code === 'ConsumerRejected') return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `What was in hand of queue "${queue}" may not have been settled, and is delivered again then (${what}): ${reason}`;
  return new TransportError('SettlementFailed', message, true, { cause });
}
