import type { Order } from '@orderflow/contracts';
import { orderLineSchema } from '@orderflow/contracts';
import { z } from 'zod';
import { orderStatuses } from '../status/order-status.js';

const instant = z.iso.datetime();

/**
 * An order as HTTP shows it. The order itself is null while only an event that does not carry it has arrived; facts
 * are absent until they are known.
 */
export const orderView = z
  .object({
    id: z.string(),
    status: z.enum(orderStatuses),
    customerId: z.string().nullable(),
    currency: z.string().nullable(),
    total: z.int().nullable().describe('Sum of the lines in minor units'),
    lines: z.array(orderLineSchema).nullable(),
    createdAt: instant.nullable(),
    scheduledFor: instant.optional().describe('When the order is to be decided; at once if absent'),
    acceptedAt: instant.optional(),
    rejectedAt: instant.optional(),
    rejection: z.object({ code: z.string(), text: z.string() }).optional(),
    cancelRequestedAt: instant.optional(),
    cancelledAt: instant.optional(),
    cancelReason: z.string().optional(),
    capturedAt: instant.optional(),
    paymentFailedAt: instant.optional(),
    paymentFailure: z.string().optional(),
    invoiceId: z.string().optional(),
  })
  .meta({ id: 'Order' });

export type OrderView = z.infer<typeof orderView>;

/** One page of `GET /orders`. */
export const orderPage = z
  .object({
    items: z.array(orderView),
    nextCursor: z.string().optional().describe('Give it as `cursor` to get the next page; absent on the last one'),
  })
  .meta({ id: 'OrderPage' });

export type OrderPage = z.infer<typeof orderPage>;

/** The answer to a placed order: nothing has happened to it yet. */
export function viewOfPlaced({
  orderId,
  customerId,
  currency,
  total,
  lines,
  createdAt,
  scheduledFor,
}: Order): OrderView {
  const view: OrderView = { id: orderId, status: 'pending', customerId, currency, total, lines, createdAt };
  return scheduledFor === undefined ? view : { ...view, scheduledFor };
}
