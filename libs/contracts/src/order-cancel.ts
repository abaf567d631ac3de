import { z } from 'zod';
import { defineContract } from './contract.js';
import { instant, orderId, text } from './fields.js';

const orderCancelSchema = z.object({ orderId, reason: text.optional(), requestedAt: instant });

/** Asks order-worker to cancel an order that is not decided yet. May arrive before its order. */
export type OrderCancel = z.infer<typeof orderCancelSchema>;

export const orderCancel = defineContract<OrderCancel>({
  type: 'order.cancel',
  version: 1,
  kind: 'command',
  schema: orderCancelSchema,
  sensitive: ['reason'],
});
