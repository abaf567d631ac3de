import { z } from 'zod';
import { defineContract } from './contract.js';
import { cause, instant, orderId, text } from './fields.js';
import { orderSchema } from './order.js';

const orderCancelledSchema = z
  .object({
    orderId,
    /** Absent when the cancel arrived before its order. */
    order: orderSchema.optional(),
    decidedAt: instant,
    reason: text.optional(),
    cause,
  })
  .refine(({ orderId, order }) => order === undefined || order.orderId === orderId, {
    path: ['order', 'orderId'],
    message: 'must be the same as orderId',
  });

/** The order was cancelled before it was accepted or rejected. */
export type OrderCancelled = z.infer<typeof orderCancelledSchema>;

export const orderCancelled = defineContract<OrderCancelled>({
  type: 'order.cancelled',
  version: 1,
  kind: 'event',
  schema: orderCancelledSchema,
  sensitive: ['order.customerId', 'reason'],
});
