import type { PostgresTx } from '@orderflow/messaging/postgres';
import type { EventFacts } from './event-facts.js';

/**
 * Sets the facts of an event and inserts the order when this is the first that is heard of it. Merging is commutative
 * (`least` and `coalesce` ignore nulls), so events of one order may come in any order. One statement.
 */
const statement = `
  with merged as (
    insert into orders as o (
      id, customer_id, currency, total, lines, created_at, scheduled_for,
      accepted_at, rejected_at, rejection_code, rejection_text, cancelled_at, cancel_reason,
      captured_at, payment_failed_at, payment_failure, invoice_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    on conflict (id) do update set
      customer_id       = coalesce(o.customer_id, excluded.customer_id),
      currency          = coalesce(o.currency, excluded.currency),
      total             = coalesce(o.total, excluded.total),
      lines             = coalesce(o.lines, excluded.lines),
      created_at        = coalesce(o.created_at, excluded.created_at),
      scheduled_for     = coalesce(o.scheduled_for, excluded.scheduled_for),
      accepted_at       = least(o.accepted_at, excluded.accepted_at),
      rejected_at       = least(o.rejected_at, excluded.rejected_at),
      rejection_code    = coalesce(o.rejection_code, excluded.rejection_code),
      rejection_text    = coalesce(o.rejection_text, excluded.rejection_text),
      cancelled_at      = least(o.cancelled_at, excluded.cancelled_at),
      cancel_reason     = coalesce(o.cancel_reason, excluded.cancel_reason),
      captured_at       = least(o.captured_at, excluded.captured_at),
      payment_failed_at = least(o.payment_failed_at, excluded.payment_failed_at),
      payment_failure   = coalesce(o.payment_failure, excluded.payment_failure),
      invoice_id        = coalesce(o.invoice_id, excluded.invoice_id)
  )
  insert into order_messages (order_id, message_id, type, time, cause_message_id, cause_attempt)
  values ($1, $18, $19, $20, $21, $22)
  on conflict (order_id, message_id) do nothing`;

/** @param message the event, as the timeline shows it */
export async function recordFacts(
  tx: PostgresTx,
  message: { readonly id: string; readonly type: string },
  event: EventFacts,
): Promise<void> {
  const { orderId, order, facts, time, cause } = event;
  await tx.query(statement, [
    orderId,
    order?.customerId,
    order?.currency,
    order?.total,
    order && JSON.stringify(order.lines),
    order && new Date(order.createdAt),
    order?.scheduledFor && new Date(order.scheduledFor),
    facts.acceptedAt,
    facts.rejectedAt,
    facts.rejection?.code,
    facts.rejection?.text,
    facts.cancelledAt,
    facts.cancelReason,
    facts.capturedAt,
    facts.paymentFailedAt,
    facts.paymentFailure,
    facts.invoiceId,
    message.id,
    message.type,
    time,
    cause.messageId,
    cause.attempt,
  ]);
}
