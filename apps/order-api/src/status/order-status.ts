/**
 * Where an order stands, from the first to the last. PostgreSQL derives it from the facts, in the generated column
 * `status` of table `orders`; a test compares that with the rules in TypeScript (`test/status-of.ts`).
 */
export const orderStatuses = [
  'pending',
  'cancelling',
  'accepted',
  'rejected',
  'cancelled',
  'paid',
  'payment_failed',
] as const;

export type OrderStatus = (typeof orderStatuses)[number];

/** When each thing happened to an order, as far as it is known here. Messages set facts; nothing unsets one. */
export interface OrderFacts {
  readonly acceptedAt?: Date;
  readonly rejectedAt?: Date;
  readonly cancelRequestedAt?: Date;
  readonly cancelledAt?: Date;
  readonly capturedAt?: Date;
  readonly paymentFailedAt?: Date;
}
