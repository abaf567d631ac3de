import { randomUUID } from 'node:crypto';
import {
  type Order,
  type OrderAccepted,
  paymentCaptured,
  paymentFailed,
  paymentMessageId,
  storableText,
  textLimit,
} from '@orderflow/contracts';
import {
  causeOf,
  causeReference,
  createEnvelopeWriter,
  type Delivery,
  type Message,
  type Outgoing,
  type PreparedMessage,
  type StatementSteps,
} from '@orderflow/messaging';
import type { HandledEffect, PostgresMessaging } from '@orderflow/messaging/postgres';
import type { ChargeOutcome, PaymentGateway } from '../gateway/payment-gateway.js';
import { type Invoice, type InvoiceStore, invoicesOf } from './invoice-store.js';

export interface BillingOptions {
  readonly messaging: Pick<PostgresMessaging, 'inbox'>;
  readonly invoices: InvoiceStore;
  readonly gateway: PaymentGateway;
  /** How long the gateway remembers an idempotency key, in ms; after that a charge is looked up before it is made. */
  readonly gatewayKeyLifetimeMs: number;
  /** Where payments are published. */
  readonly topic: string;
}

const write = createEnvelopeWriter('/billing-worker');

/** How an order's charge came out, and which message asked for it. */
interface Charged {
  readonly outcome: ChargeOutcome;
  readonly cause: { readonly messageId: string; readonly attempt: number };
}

/**
 * Bills accepted orders, each once, in two steps. A crash at any point is safe: the intent is committed before the gateway
 * is asked, the gateway knows the charge by a key that follows from the order, and invoice, event and inbox row are one
 * statement.
 */
export class Billing implements StatementSteps<OrderAccepted, Charged | undefined, HandledEffect> {
  readonly consumer = 'billing-worker';
  readonly inbox: PostgresMessaging['inbox'];
  readonly #options: BillingOptions;

  constructor(options: BillingOptions) {
    this.inbox = options.messaging.inbox;
    this.#options = options;
  }

  /** Charges the order; undefined when it has its invoice. */
  async prepare(
    message: Message<OrderAccepted>,
    signal: AbortSignal,
    delivery: Delivery,
  ): Promise<Charged | undefined> {
    const { order } = message.payload;
    const intent = await this.#options.invoices.intend(order);
    if (intent.invoiced) return undefined;
    return { outcome: await this.#charge(order, intent.ageMs, signal), cause: causeReference(message, delivery) };
  }

  /** Writes the invoices that are the first of their orders, and publishes their payments. */
  effectOf(all: readonly PreparedMessage<OrderAccepted, Charged | undefined>[]): HandledEffect {
    const { topic } = this.#options;
    const charged = all.flatMap(({ prepared, message }) => {
      if (prepared === undefined) return [];
      const invoice = invoiceOf(message.payload.order, prepared.outcome);
      return [{ messageId: message.id, invoice, event: paymentEvent(message, invoice, topic, prepared.cause) }];
    });
    return invoicesOf(charged);
  }

  async #charge(order: Order, intentAgeMs: number, signal: AbortSignal): Promise<ChargeOutcome> {
    const { gateway, gatewayKeyLifetimeMs } = this.#options;
    const keyMayBeForgotten = intentAgeMs >= gatewayKeyLifetimeMs;
    const earlier = keyMayBeForgotten ? await gateway.find(order.orderId, signal) : undefined;
    if (earlier) return earlier;
    const request = { reference: order.orderId, amount: order.total, currency: order.currency };
    return gateway.charge(`charge:${order.orderId}`, request, signal);
  }
}

function invoiceOf({ orderId, total, currency }: Order, outcome: ChargeOutcome): Invoice {
  const common = { id: randomUUID(), orderId, amount: total, currency, issuedAt: new Date().toISOString() };
  return outcome.status === 'captured'
    ? { ...common, status: 'captured', chargeId: storableText(outcome.chargeId, textLimit) }
    : { ...common, status: 'failed', reason: storableText(outcome.reason, textLimit) || 'no reason given' };
}

function paymentEvent(
  message: Message<OrderAccepted>,
  invoice: Invoice,
  topic: string,
  cause: Charged['cause'],
): Outgoing {
  const { order } = message.payload;
  const payload = {
    orderId: order.orderId,
    customerId: order.customerId,
    amount: invoice.amount,
    currency: invoice.currency,
    invoiceId: invoice.id,
    orderCreatedAt: order.createdAt,
    cause,
  };
  const details = {
    id: paymentMessageId(order.orderId, invoice.status),
    orderingKey: order.orderId,
    cause: causeOf(message),
    time: invoice.issuedAt,
  };
  const envelope =
    invoice.status === 'captured'
      ? write(paymentCaptured, { ...payload, capturedAt: invoice.issuedAt }, details)
      : write(paymentFailed, { ...payload, failedAt: invoice.issuedAt, reason: invoice.reason }, details);
  return { to: { topic }, envelope };
}
