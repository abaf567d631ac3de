/** Where an order stands, from the first to the last. */
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

/** When each thing happened to an order, as far as it is known here. Messages set facts; nothing ever unsets one. */
export interface OrderFacts {
  readonly acceptedAt?: Date;
  readonly rejectedAt?: Date;
  readonly cancelRequestedAt?: Date;
  readonly cancelledAt?: Date;
  readonly capturedAt?: Date;
  readonly paymentFailedAt?: Date;
}

/**
 * An order's status follows from its facts alone, so messages may arrive late, twice or in any order. What is further
 * along wins: a payment implies an acceptance not heard of yet, and a cancel asked for too late changes nothing.
 * Of `captured` and `failed` the capture wins: the customer was charged. The `status` column of table `orders` says
 * the same in SQL.
 */
export function statusOf(facts: OrderFacts): OrderStatus {
  if (facts.cancelledAt) return 'cancelled';
  if (facts.rejectedAt) return 'rejected';
  if (facts.capturedAt) return 'paid';
  if (facts.paymentFailedAt) return 'payment_failed';
  if (facts.acceptedAt) return 'accepted';
  if (facts.cancelRequestedAt) return 'cancelling';
  return 'pending';
}
