/**
 * Ids of events are derived from what they say and not drawn: a handler that runs again after a crash publishes the
 * same id, and every receiver sees one event. With order ids of at most 100 characters all of them keep to the 128
 * that Service Bus allows.
 */

/** How an order was decided. */
export type Decision = 'accepted' | 'rejected' | 'cancelled';

/** How a charge ended. */
export type PaymentOutcome = 'captured' | 'failed';

/** Message id of the event that reports an order's decision; an order has one decision. */
export function decisionMessageId(orderId: string, decision: Decision): string {
  return `order.${decision}:${orderId}`;
}

/** Message id of the event that reports how an order's charge ended. */
export function paymentMessageId(orderId: string, outcome: PaymentOutcome): string {
  return `payment.${outcome}:${orderId}`;
}
