import { randomUUID } from 'node:crypto';
import {
  type Order,
  paymentCaptured,
  paymentFailed,
  paymentMessageId,
  storableText,
  textLimit,
} from '@orderflow/contracts';
import { createEnvelopeWriter, type Outgoing } from '@orderflow/messaging';
import type { MessageContext } from '@orderflow/messaging/nest';
import type { PostgresMessaging, SqlTransaction } from '@orderflow/messaging/postgres';
import type { ChargeOutcome, PaymentGateway } from '../gateway/payment-gateway.js';
import { type Invoice, type InvoiceStore, insertInvoice } from './invoice-store.js';

export interface BillingOptions {
  readonly messaging: PostgresMessaging;
  readonly invoices: InvoiceStore;
  readonly gateway: PaymentGateway;
  /** How long the gateway remembers an idempotency key, in ms; after that a charge is looked up before it is made. */
  readonly gatewayKeyLifetimeMs: number;
  /** Where payments are published. */
  readonly topic: string;
}

const CONSUMER = 'billing-worker';
const write = createEnvelopeWriter('/billing-worker');

/**
 * Bills accepted orders, each once. A crash at any point is safe: the intent is committed before the gateway is asked,
 * the gateway knows the charge by a key that follows from the order, and invoice, event and inbox row are one commit.
 */
export class Billing {
  readonly #options: BillingOptions;

  constructor(options: BillingOptions) {
    this.#options = options;
  }

  async bill(order: Order, context: MessageContext): Promise<void> {
    const intent = await this.#options.invoices.intend(order);
    if (intent.invoiced) return;
    const outcome = await this.#charge(order, intent.ageMs, context.signal);
    await this.#invoice(order, outcome, context);
  }

  async #charge(order: Order, intentAgeMs: number, signal: AbortSignal): Promise<ChargeOutcome> {
    const { gateway, gatewayKeyLifetimeMs } = this.#options;
    const keyMayBeForgotten = intentAgeMs >= gatewayKeyLifetimeMs;
    const earlier = keyMayBeForgotten ? await gateway.find(order.orderId, signal) : undefined;
    if (earlier) return earlier;
    const request = { reference: order.orderId, amount: order.total, currency: order.currency };
    return gateway.charge(`charge:${order.orderId}`, request, signal);
  }

  async #invoice(order: Order, outcome: ChargeOutcome, context: MessageContext): Promise<void> {
    const { messaging, topic } = this.#options;
    const invoice = invoiceOf(order, outcome);
    const record = async (tx: SqlTransaction): Promise<void> => {
      const inserted = await insertInvoice(tx, invoice);
      if (inserted) await messaging.outbox.add(tx, [paymentEvent(order, invoice, topic, context)]);
    };
    await messaging.inbox.once(CONSUMER, context.message.id, record, { signal: context.signal });
  }
}

function invoiceOf({ orderId, total, currency }: Order, outcome: ChargeOutcome): Invoice {
  const common = { id: randomUUID(), orderId, amount: total, currency, issuedAt: new Date().toISOString() };
  return outcome.status === 'captured'
    ? { ...common, status: 'captured', chargeId: storableText(outcome.chargeId, textLimit) }
    : { ...common, status: 'failed', reason: storableText(outcome.reason, textLimit) || 'no reason given' };
}

function paymentEvent(order: Order, invoice: Invoice, topic: string, context: MessageContext): Outgoing {
  const payload = {
    orderId: order.orderId,
    customerId: order.customerId,
    amount: invoice.amount,
    currency: invoice.currency,
    invoiceId: invoice.id,
    orderCreatedAt: order.createdAt,
    cause: context.causeReference,
  };
  const details = {
    id: paymentMessageId(order.orderId, invoice.status),
    orderingKey: order.orderId,
    cause: context.cause,
    time: invoice.issuedAt,
  };
  const envelope =
    invoice.status === 'captured'
      ? write(paymentCaptured, { ...payload, capturedAt: invoice.issuedAt }, details)
      : write(paymentFailed, { ...payload, failedAt: invoice.issuedAt, reason: invoice.reason }, details);
  return { to: { topic }, envelope };
}
