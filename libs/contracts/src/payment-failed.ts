import { z } from 'zod';
import { defineContract } from './contract.js';
import { cause, instant, text } from './fields.js';
import { paymentFields } from './payment.js';

const paymentFailedSchema = z.object({ ...paymentFields, failedAt: instant, reason: text, cause });

/** The charge was declined for good. */
export type PaymentFailed = z.infer<typeof paymentFailedSchema>;

export const paymentFailed = defineContract<PaymentFailed>({
  type: 'payment.failed',
  version: 1,
  kind: 'event',
  schema: paymentFailedSchema,
  sensitive: ['customerId'],
});
