import { z } from 'zod';
import { defineContract } from './contract.js';
import { cause, instant } from './fields.js';
import { orderSchema } from './order.js';

const orderAcceptedSchema = z.object({ order: orderSchema, decidedAt: instant, cause });

/** The order keeps the business rules and will be billed. */
export type OrderAccepted = z.infer<typeof orderAcceptedSchema>;

export const orderAccepted = defineContract<OrderAccepted>({
  type: 'order.accepted',
  version: 1,
  kind: 'event',
  schema: orderAcceptedSchema,
  sensitive: ['order.customerId'],
});
