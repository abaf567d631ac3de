import type { OrderFacts, OrderStatus } from '../src/status/order-status.js';

/**
 * What the generated column `status` of table `orders` must say. An order's status follows from its facts alone, so
 * messages may arrive late, twice or in any order. What is further along wins: a payment implies an acceptance that has
 * not arrived yet, and a cancel asked for too late changes nothing. Of `captured` and `failed` the capture wins: the
 * customer was charged.
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
