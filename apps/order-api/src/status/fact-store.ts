import { type HandledEffect, type RowColumn, RowColumns } from '@orderflow/messaging/postgres';
import type { EventFacts } from './event-facts.js';

/** The facts of an event, and the event as the timeline shows it. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: string;
  readonly facts: EventFacts;
}

/** The columns that an event may set in its order, each with its type, its value, and how it merges with what is there. */
const orderColumns: readonly (readonly [string, string, (event: EventFacts) => unknown, 'LEAST' | 'COALESCE'])[] = [
  ['customer_id', 'text', ({ order }) => order?.customerId, 'COALESCE'],
  ['currency', 'text', ({ order }) => order?.currency, 'COALESCE'],
  ['total', 'bigint', ({ order }) => order?.total, 'COALESCE'],
  ['lines', 'jsonb', ({ order }) => order && JSON.stringify(order.lines), 'COALESCE'],
  ['created_at', 'timestamptz', ({ order }) => order && new Date(order.createdAt), 'COALESCE'],
  ['scheduled_for', 'timestamptz', ({ order }) => order?.scheduledFor && new Date(order.scheduledFor), 'COALESCE'],
  ['accepted_at', 'timestamptz', ({ facts }) => facts.acceptedAt, 'LEAST'],
  ['rejected_at', 'timestamptz', ({ facts }) => facts.rejectedAt, 'LEAST'],
  ['rejection_code', 'text', ({ facts }) => facts.rejection?.code, 'COALESCE'],
  ['rejection_text', 'text', ({ facts }) => facts.rejection?.text, 'COALESCE'],
  ['cancelled_at', 'timestamptz', ({ facts }) => facts.cancelledAt, 'LEAST'],
  ['cancel_reason', 'text', ({ facts }) => facts.cancelReason, 'COALESCE'],
  ['captured_at', 'timestamptz', ({ facts }) => facts.capturedAt, 'LEAST'],
  ['payment_failed_at', 'timestamptz', ({ facts }) => facts.paymentFailedAt, 'LEAST'],
  ['payment_failure', 'text', ({ facts }) => facts.paymentFailure, 'COALESCE'],
  ['invoice_id', 'text', ({ facts }) => facts.invoiceId, 'COALESCE'],
];

/** What the timeline takes of an event, besides its order. */
const messageColumns: readonly RowColumn<RecordedEvent>[] = [
  ['message_id', 'text', ({ id }) => id],
  ['type', 'text', ({ type }) => type],
  ['time', 'timestamptz', ({ facts }) => facts.time],
  ['cause_message_id', 'text', ({ facts }) => facts.cause.messageId],
  ['cause_attempt', 'integer', ({ facts }) => facts.cause.attempt],
];

const orderNames = orderColumns.map(([name]) => name).join(', ');
const messageNames = messageColumns.map(([name]) => name).join(', ');
const columns = new RowColumns<RecordedEvent>(
  ['order_id', 'text', ({ facts }) => facts.orderId],
  ...orderColumns.map(([name, type, valueOf]): RowColumn<RecordedEvent> => [name, type, ({ facts }) => valueOf(facts)]),
  ...messageColumns,
);

const text = `
  event AS (
    SELECT ${columns.list} FROM ${columns.asTable('event')} JOIN handled USING (message_id)
  ), merged AS (
    INSERT INTO orders AS o (id, ${orderNames})
    SELECT order_id, ${orderNames} FROM event ORDER BY order_id
    ON CONFLICT (id) DO UPDATE SET
      ${orderColumns.map(([name, , , merge]) => `${name} = ${merge}(o.${name}, excluded.${name})`).join(',\n      ')}
  ), entered AS (
    INSERT INTO order_messages (order_id, ${messageNames})
    SELECT order_id, ${messageNames} FROM event ORDER BY order_id, message_id
    ON CONFLICT (order_id, message_id) DO NOTHING
  )`;

/**
 * Sets the facts of events of different orders and inserts the orders of which these are the first that is heard of.
 * Merging is commutative (`LEAST` and `COALESCE` ignore nulls), so events of one order may come in any order. Rows are
 * written in the order of their keys, so that two statements cannot wait for each other; PostgreSQL refuses a statement
 * with two events of one order.
 */
export function effectOf(events: readonly RecordedEvent[]): HandledEffect {
  return { text, values: columns.values(events) };
}
