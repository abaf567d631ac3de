import {
  type Decision,
  decisionMessageId,
  type OrderCancel,
  orderAccepted,
  orderCancelled,
  type OrderPlace,
  orderRejected,
} from '@orderflow/contracts';
import {
  causeOf,
  causeReference,
  type Contract,
  createEnvelopeWriter,
  type Delivery,
  type Message,
  type Outgoing,
  type PreparedMessage,
  type StatementSteps,
} from '@orderflow/messaging';
import { type HandledEffect, type PostgresMessaging, RowColumns } from '@orderflow/messaging/postgres';
import { type BusinessRules, brokenRule } from './business-rules.js';

export interface DecisionsOptions {
  readonly messaging: Pick<PostgresMessaging, 'inbox'>;
  readonly rules: BusinessRules;
  /** Where decisions are published. */
  readonly topic: string;
}

/** A command to order-worker. */
type OrderCommand = OrderPlace | OrderCancel;

/** What a command leads to if it is the first about its order. */
export interface NewDecision {
  readonly orderId: string;
  readonly decision: Decision;
  readonly reason: string | undefined;
  readonly decidedAt: string;
  readonly messageId: string;
  /** Tells of it. */
  readonly event: Outgoing;
}

const write = createEnvelopeWriter('/order-worker');

/**
 * Decides orders. The first decision of an order wins, whichever command it came from and in whichever order the
 * commands arrive; it is recorded, published and marked as handled by one statement, with others that are there at the
 * same time.
 */
export class Decisions implements StatementSteps<OrderCommand, NewDecision, HandledEffect> {
  readonly inbox: PostgresMessaging['inbox'];
  readonly consumer = 'order-worker';
  readonly #options: DecisionsOptions;

  constructor(options: DecisionsOptions) {
    this.inbox = options.messaging.inbox;
    this.#options = options;
  }

  async prepare(message: Message<OrderCommand>, _signal: AbortSignal, delivery: Delivery): Promise<NewDecision> {
    const { payload } = message;
    const cause = causeReference(message, delivery);
    const decidedAt = new Date().toISOString();
    if ('requestedAt' in payload) {
      const { orderId, reason } = payload;
      const cancelled = { orderId, decidedAt, cause, ...(reason !== undefined && { reason }) };
      return this.#decision(message, 'cancelled', reason, orderCancelled, cancelled);
    }
    const broken = brokenRule(payload, this.#options.rules);
    const details = { order: payload, decidedAt, cause };
    return broken
      ? this.#decision(message, 'rejected', broken.text, orderRejected, { ...details, reason: broken })
      : this.#decision(message, 'accepted', undefined, orderAccepted, details);
  }

  effectOf(all: readonly PreparedMessage<OrderCommand, NewDecision>[]): HandledEffect {
    return effectOf(all.map(({ prepared }) => prepared));
  }

  #decision<T extends { readonly decidedAt: string }>(
    message: Message<OrderCommand>,
    decision: Decision,
    reason: string | undefined,
    contract: Contract<T>,
    payload: T,
  ): NewDecision {
    const { orderId } = message.payload;
    const { decidedAt } = payload;
    const envelope = write(contract, payload, {
      id: decisionMessageId(orderId, decision),
      orderingKey: orderId,
      cause: causeOf(message),
      time: decidedAt,
    });
    const event = { to: { topic: this.#options.topic }, envelope };
    return { orderId, decision, reason, decidedAt, messageId: message.id, event };
  }
}

/** Of a decision, and the id of the event that tells of it. */
const columns = new RowColumns<NewDecision>(
  ['order_id', 'text', ({ orderId }) => orderId],
  ['decision', 'text', ({ decision }) => decision],
  ['reason', 'text', ({ reason }) => reason],
  ['message_id', 'text', ({ messageId }) => messageId],
  ['decided_at', 'timestamptz', ({ decidedAt }) => decidedAt],
  ['event_id', 'text', ({ event }) => event.envelope.id],
);
const text = `
  command AS (SELECT ${columns.list} FROM ${columns.asTable('command')} JOIN handled USING (message_id)),
  decided AS (
    INSERT INTO decisions (order_id, decision, reason, message_id, decided_at)
    SELECT order_id, decision, reason, message_id, decided_at FROM command ORDER BY order_id
    ON CONFLICT (order_id) DO NOTHING RETURNING message_id
  )`;

/**
 * Records the decisions that are the first of their orders, and publishes those; a later one changes nothing. Rows are
 * written in the order of their keys, so that two statements cannot wait for each other.
 */
function effectOf(decisions: readonly NewDecision[]): HandledEffect {
  // The first command of an order wins, or one before it has.
  const first = [...new Map(decisions.toReversed().map((decision) => [decision.orderId, decision])).values()];
  return {
    text,
    values: columns.values(first),
    sends: {
      messages: first.map(({ event }) => event),
      ids: 'SELECT event_id FROM command JOIN decided USING (message_id)',
    },
  };
}
