import { amount, currency, customerId, instant, invoiceId, orderId } from './fields.js';

/** What every payment event says, in the order the fields are written. */
export const paymentFields = {
  orderId,
  customerId: customerId.optional(),
  amount,
  currency,
  invoiceId,
  /** When the order was created: the start of its end-to-end latency. */
  orderCreatedAt: instant,
};
