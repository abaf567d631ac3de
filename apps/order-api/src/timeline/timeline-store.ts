import { orderPlace } from '@orderflow/contracts';
import type { Envelope } from '@orderflow/messaging';
import { RowColumns, type SqlTransaction } from '@orderflow/messaging/postgres';
import type { TimelineView } from './timeline-view.js';

/** A message that a client caused. */
interface OrderMessage {
  readonly orderId: string;
  readonly envelope: Envelope;
}

/** Of the table `order_messages`, for messages that clients caused: they enter the timelines of their orders. */
export const messageColumns = new RowColumns<OrderMessage>(
  ['order_id', 'text', ({ orderId }) => orderId],
  ['message_id', 'text', ({ envelope }) => envelope.id],
  ['type', 'text', ({ envelope }) => envelope.type],
  ['time', 'timestamptz', ({ envelope }) => envelope.time],
);

interface MessageRow {
  readonly message_id: string;
  readonly type: string;
  readonly time: Date;
  readonly cause_message_id: string | null;
  readonly cause_attempt: number | null;
}

/** Empty for an order that is not known. The command that placed it is a column of the order, and has its time. */
export async function readTimeline(db: SqlTransaction, orderId: string): Promise<TimelineView['messages']> {
  const { rows } = await db.query(
    `SELECT message_id, type, time, cause_message_id, cause_attempt FROM order_messages WHERE order_id = $1
     UNION ALL
     SELECT placed_by, $2, created_at, NULL, NULL FROM orders WHERE id = $1 AND placed_by IS NOT NULL
     ORDER BY time, cause_message_id NULLS FIRST, message_id`,
    [orderId, orderPlace.type],
  );
  return (rows as unknown as MessageRow[]).map(({ type, message_id, time, cause_message_id, cause_attempt }) => ({
    type,
    id: message_id,
    time: time.toISOString(),
    ...(cause_message_id !== null && { cause: { messageId: cause_message_id, attempt: cause_attempt ?? 1 } }),
  }));
}
