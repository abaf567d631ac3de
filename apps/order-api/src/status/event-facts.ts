import type {
  Order,
  OrderAccepted,
  OrderCancelled,
  OrderRejected,
  PaymentCaptured,
  PaymentFailed,
} from '@orderflow/contracts';
import type { OrderFacts } from './order-status.js';

/** What is known of an order by one event, without saying how it is stored. */
export interface EventFacts {
  readonly orderId: string;
  /** The order itself, where the event carries it. */
  readonly order?: Order;
  readonly facts: OrderFacts & FactDetails;
  /** When it happened. */
  readonly time: Date;
  /** The message whose handling led to the event. */
  readonly cause: { readonly messageId: string; readonly attempt: number };
}

/** What goes with a fact. */
export interface FactDetails {
  readonly rejection?: { readonly code: string; readonly text: string };
  readonly cancelReason?: string;
  readonly paymentFailure?: string;
  readonly invoiceId?: string;
}

export function factsOfAccepted({ order, decidedAt, cause }: OrderAccepted): EventFacts {
  const time = new Date(decidedAt);
  return { orderId: order.orderId, order, facts: { acceptedAt: time }, time, cause };
}

export function factsOfRejected({ order, decidedAt, reason, cause }: OrderRejected): EventFacts {
  const time = new Date(decidedAt);
  return { orderId: order.orderId, order, facts: { rejectedAt: time, rejection: reason }, time, cause };
}

export function factsOfCancelled({ orderId, order, decidedAt, reason, cause }: OrderCancelled): EventFacts {
  const time = new Date(decidedAt);
  const facts = { cancelledAt: time, ...(reason !== undefined && { cancelReason: reason }) };
  return { orderId, ...(order && { order }), facts, time, cause };
}

export function factsOfCaptured({ orderId, capturedAt, invoiceId, cause }: PaymentCaptured): EventFacts {
  const time = new Date(capturedAt);
  return { orderId, facts: { capturedAt: time, invoiceId }, time, cause };
}

export function factsOfPaymentFailed({ orderId, failedAt, invoiceId, reason, cause }: PaymentFailed): EventFacts {
  const time = new Date(failedAt);
  return { orderId, facts: { paymentFailedAt: time, paymentFailure: reason, invoiceId }, time, cause };
}
