import type { Message } from '../message.js';
import type { MessageReader } from '../message-reader.js';
import type { Delivery, Middleware } from '../transport.js';

/**
 * Gives deliveries of version 0 the id, ordering key and correlation that everything they set off will name them by;
 * only their bodies have them. Goes before whatever logs or measures.
 */
export function idsFromBody(read: MessageReader): Middleware {
  return (next) => (delivery) => next(delivery.envelope.version === 0 ? withIdsFromBody(delivery, read) : delivery);
}

function withIdsFromBody(delivery: Delivery, read: MessageReader): Delivery {
  const message = ifReadable(delivery, read);
  if (message === undefined) return delivery;
  const { id, orderingKey } = message;
  const correlationId = delivery.envelope.correlationId ?? id;
  const envelope = { ...delivery.envelope, id, correlationId, ...(orderingKey !== undefined && { orderingKey }) };
  return { ...delivery, envelope };
}

/** What cannot be read keeps the broker's id: `dispatch` reads it again, and says what is wrong with it. */
function ifReadable({ envelope }: Delivery, read: MessageReader): Message | undefined {
  try {
    return read(envelope);
  } catch {
    return undefined;
  }
}
