import type { Envelope } from '@orderflow/messaging';
import type { Parameters } from '../sql/parameters.js';

/** The statement that enters a message that a client caused into the timeline of its order. */
export function insertMessage(parameters: Parameters, orderId: string, { id, type, time }: Envelope): string {
  return `insert into order_messages (order_id, message_id, type, time)
    values (${parameters.addAll([orderId, id, type, new Date(time)])})`;
}
