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
  type Steps,
} from '@orderflow/messaging';
import type { PostgresMessaging, SqlTransaction } from '@orderflow/messaging/postgres';
import { type BusinessRules, brokenRule } from './business-rules.js';

export interface DecisionsOptions {
  readonly messaging: PostgresMessaging;
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
 * commands arrive; it is recorded, published and marked as handled in one transaction, with others that are there at the
 * same time.
 */
export class Decisions implements Steps<OrderCommand, NewDecision, SqlTransaction> {
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

  commit(decision: NewDecision, tx: SqlTransaction): Promise<void> {
    return this.#record([decision], tx);
  }

  commitMany(all: readonly PreparedMessage<OrderCommand, NewDecision>[], tx: SqlTransaction): Promise<void> {
    return this.#record(
      all.map(({ prepared }) => prepared),
      tx,
    );
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

  async #record(decisions: readonly NewDecision[], tx: SqlTransaction): Promise<void> {
    const first = await recordFirst(tx, decisions);
    const events = decisions.filter(({ messageId }) => first.has(messageId)).map(({ event }) => event);
    await this.#options.messaging.outbox.add(tx, events);
  }
}

/**
 * Answers the messages whose decisions were the first of their orders; a later one changes nothing. Rows are written in
 * the order of their keys, so that two transactions cannot wait for each other.
 */
async function recordFirst(tx: SqlTransaction, decisions: readonly NewDecision[]): Promise<ReadonlySet<unknown>> {
  const { rows } = await tx.query(
    `INSERT INTO decisions (order_id, decision, reason, message_id, decided_at)
     SELECT order_id, decision, reason, message_id, decided_at
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) WITH ORDINALITY
       AS command(order_id, decision, reason, message_id, decided_at, position)
     ORDER BY order_id, position
     ON CONFLICT (order_id) DO NOTHING RETURNING message_id`,
    [
      decisions.map(({ orderId }) => orderId),
      decisions.map(({ decision }) => decision),
      decisions.map(({ reason }) => reason ?? null),
      decisions.map(({ messageId }) => messageId),
      decisions.map(({ decidedAt }) => decidedAt),
    ],
  );
  return new Set(rows.map((row) => row['message_id']));
}
