import { z } from 'zod';
import { amount, currency, customerId, instant, orderId } from './fields.js';

/** What every payment event says, in the order the fields are written. */
export const paymentFields = {
  orderId,
  customerId: customerId.optional(),
  amount,
  currency,
  invoiceId: z.string().min(1, 'must not be empty').max(100, 'must have at most 100 characters'),
  /** When the order was created: the start of its end-to-end latency. */
  orderCreatedAt: instant,
};
