import { z } from 'zod';
import { defineContract } from './contract.js';
import { cause, instant } from './fields.js';
import { paymentFields } from './payment.js';

const paymentCapturedSchema = z.object({ ...paymentFields, capturedAt: instant, cause });

/** The customer was charged, once. */
export type PaymentCaptured = z.infer<typeof paymentCapturedSchema>;

export const paymentCaptured = defineContract<PaymentCaptured>({
  type: 'payment.captured',
  version: 1,
  kind: 'event',
  schema: paymentCapturedSchema,
  sensitive: ['customerId'],
});
