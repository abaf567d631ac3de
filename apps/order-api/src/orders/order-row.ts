import type { OrderLine } from '@orderflow/contracts';
import type { OrderStatus } from '../status/order-status.js';
import type { OrderView } from './order-view.js';

/** A row of table `orders`. */
export interface OrderRow {
  readonly id: string;
  readonly status: OrderStatus;
  readonly customer_id: string | null;
  readonly currency: string | null;
  /** A bigint, which pg hands over as text; always a safe integer. */
  readonly total: string | null;
  readonly lines: OrderLine[] | null;
  readonly created_at: Date | null;
  readonly scheduled_for: Date | null;
  readonly accepted_at: Date | null;
  readonly rejected_at: Date | null;
  readonly rejection_code: string | null;
  readonly rejection_text: string | null;
  readonly cancel_requested_at: Date | null;
  readonly cancelled_at: Date | null;
  readonly cancel_reason: string | null;
  readonly captured_at: Date | null;
  readonly payment_failed_at: Date | null;
  readonly payment_failure: string | null;
  readonly invoice_id: string | null;
}

export function viewOf(row: OrderRow): OrderView {
  return {
    id: row.id,
    status: row.status,
    customerId: row.customer_id,
    currency: row.currency,
    total: row.total === null ? null : Number(row.total),
    lines: row.lines?.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice })) ?? null,
    createdAt: row.created_at?.toISOString() ?? null,
    ...time('scheduledFor', row.scheduled_for),
    ...time('acceptedAt', row.accepted_at),
    ...time('rejectedAt', row.rejected_at),
    ...(row.rejection_code !== null && { rejection: { code: row.rejection_code, text: row.rejection_text ?? '' } }),
    ...time('cancelRequestedAt', row.cancel_requested_at),
    ...time('cancelledAt', row.cancelled_at),
    ...text('cancelReason', row.cancel_reason),
    ...time('capturedAt', row.captured_at),
    ...time('paymentFailedAt', row.payment_failed_at),
    ...text('paymentFailure', row.payment_failure),
    ...text('invoiceId', row.invoice_id),
  };
}

function time<K extends keyof OrderView>(key: K, value: Date | null): Partial<Record<K, string>> {
  return text(key, value?.toISOString() ?? null);
}

function text<K extends keyof OrderView>(key: K, value: string | null): Partial<Record<K, string>> {
  return value === null ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}
