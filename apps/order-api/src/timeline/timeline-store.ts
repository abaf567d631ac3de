import type { PostgresTx } from '@orderflow/messaging/postgres';
import type { TimelineView } from './timeline-view.js';

interface MessageRow {
  readonly message_id: string;
  readonly type: string;
  readonly time: Date;
  readonly cause_message_id: string | null;
  readonly cause_attempt: number | null;
}

/** Empty for an order that is not known. */
export async function readTimeline(db: PostgresTx, orderId: string): Promise<TimelineView['messages']> {
  const { rows } = await db.query(
    `select message_id, type, time, cause_message_id, cause_attempt
     from order_messages where order_id = $1
     order by time, cause_message_id nulls first, message_id`,
    [orderId],
  );
  return (rows as unknown as MessageRow[]).map(({ type, message_id, time, cause_message_id, cause_attempt }) => ({
    type,
    id: message_id,
    time: time.toISOString(),
    ...(cause_message_id !== null && { cause: { messageId: cause_message_id, attempt: cause_attempt ?? 1 } }),
  }));
}
