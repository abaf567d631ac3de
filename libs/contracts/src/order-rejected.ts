import { z } from 'zod';
import { defineContract } from './contract.js';
import { cause, instant, text } from './fields.js';
import { orderSchema } from './order.js';

const orderRejectedSchema = z.object({
  order: orderSchema,
  decidedAt: instant,
  reason: z.object({
    /** Stable and for programs, for example `unknown-currency`. */
    code: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,49}$/, 'must be a short code in lower case, for example unknown-currency'),
    /** For people. */
    text,
  }),
  cause,
});

/** The order breaks a business rule. */
export type OrderRejected = z.infer<typeof orderRejectedSchema>;

export const orderRejected = defineContract<OrderRejected>({
  type: 'order.rejected',
  version: 1,
  kind: 'event',
  schema: orderRejectedSchema,
  sensitive: ['order.customerId'],
});
