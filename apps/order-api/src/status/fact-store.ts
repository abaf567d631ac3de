import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { EventFacts } from './event-facts.js';

/**
 * Sets the facts of an event and inserts the order when this is the first that is heard of it. Merging is commutative
 * (`LEAST` and `COALESCE` ignore nulls), so events of one order may come in any order. One statement.
 */
const statement = `
  WITH merged AS (
    INSERT INTO orders AS o (
      id, customer_id, currency, total, lines, created_at, scheduled_for,
      accepted_at, rejected_at, rejection_code, rejection_text, cancelled_at, cancel_reason,
      captured_at, payment_failed_at, payment_failure, invoice_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    ON CONFLICT (id) DO UPDATE SET
      customer_id       = COALESCE(o.customer_id, excluded.customer_id),
      currency          = COALESCE(o.currency, excluded.currency),
      total             = COALESCE(o.total, excluded.total),
      lines             = COALESCE(o.lines, excluded.lines),
      created_at        = COALESCE(o.created_at, excluded.created_at),
      scheduled_for     = COALESCE(o.scheduled_for, excluded.scheduled_for),
      accepted_at       = LEAST(o.accepted_at, excluded.accepted_at),
      rejected_at       = LEAST(o.rejected_at, excluded.rejected_at),
      rejection_code    = COALESCE(o.rejection_code, excluded.rejection_code),
      rejection_text    = COALESCE(o.rejection_text, excluded.rejection_text),
      cancelled_at      = LEAST(o.cancelled_at, excluded.cancelled_at),
      cancel_reason     = COALESCE(o.cancel_reason, excluded.cancel_reason),
      captured_at       = LEAST(o.captured_at, excluded.captured_at),
      payment_failed_at = LEAST(o.payment_failed_at, excluded.payment_failed_at),
      payment_failure   = COALESCE(o.payment_failure, excluded.payment_failure),
      invoice_id        = COALESCE(o.invoice_id, excluded.invoice_id)
  )
  INSERT INTO order_messages (order_id, message_id, type, time, cause_message_id, cause_attempt)
  VALUES ($1, $18, $19, $20, $21, $22)
  ON CONFLICT (order_id, message_id) DO NOTHING`;

/** @param message the event, as the timeline shows it */
export async function recordFacts(
  tx: SqlTransaction,
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
