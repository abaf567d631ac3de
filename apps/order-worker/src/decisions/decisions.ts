import {
  type Decision,
  decisionMessageId,
  type Order,
  type OrderCancel,
  orderAccepted,
  orderCancelled,
  orderRejected,
} from '@orderflow/contracts';
import { type Contract, createEnvelopeWriter, type Outgoing } from '@orderflow/messaging';
import type { MessageContext } from '@orderflow/messaging/nest';
import type { PostgresMessaging, SqlTransaction } from '@orderflow/messaging/postgres';
import { type BusinessRules, brokenRule } from './business-rules.js';

export interface DecisionsOptions {
  readonly messaging: PostgresMessaging;
  readonly rules: BusinessRules;
  /** Where decisions are published. */
  readonly topic: string;
}

interface NewDecision {
  readonly orderId: string;
  readonly decision: Decision;
  readonly reason: string | undefined;
  readonly decidedAt: string;
  readonly messageId: string;
}

const CONSUMER = 'order-worker';
const write = createEnvelopeWriter('/order-worker');

/**
 * Decides orders. The first decision of an order wins, whichever command it came from and in whichever order the
 * commands arrive; it is recorded, published and marked as handled in one transaction.
 */
export class Decisions {
  readonly #options: DecisionsOptions;

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  async place(order: Order, context: MessageContext): Promise<void> {
    const decidedAt = new Date().toISOString();
    const broken = brokenRule(order, this.#options.rules);
    const details = { order, decidedAt, cause: context.causeReference };
    const decision = broken ? 'rejected' : 'accepted';
    await this.#decide(context, { orderId: order.orderId, decision, reason: broken?.text, decidedAt }, (to) =>
      broken ? to(orderRejected, { ...details, reason: broken }) : to(orderAccepted, details),
    );
  }

  async cancel({ orderId, reason }: OrderCancel, context: MessageContext): Promise<void> {
    const decidedAt = new Date().toISOString();
    await this.#decide(context, { orderId, decision: 'cancelled', reason, decidedAt }, (to) =>
      to(orderCancelled, {
        orderId,
        decidedAt,
        cause: context.causeReference,
        ...(reason !== undefined && { reason }),
      }),
    );
  }

  async #decide(
    context: MessageContext,
    decision: Omit<NewDecision, 'messageId'>,
    event: (to: <T>(contract: Contract<T>, payload: T) => Outgoing) => Outgoing,
  ): Promise<void> {
    const { messaging, topic } = this.#options;
    const published = event((contract, payload) => ({
      to: { topic },
      envelope: write(contract, payload, {
        id: decisionMessageId(decision.orderId, decision.decision),
        orderingKey: decision.orderId,
        cause: context.cause,
        time: decision.decidedAt,
      }),
    }));
    const { message, signal } = context;
    const record = async (tx: SqlTransaction): Promise<void> => {
      const first = await recordFirst(tx, { ...decision, messageId: message.id });
      if (first) await messaging.outbox.add(tx, [published]);
    };
    await messaging.inbox.once(CONSUMER, message.id, record, { signal });
  }
}

/** Whether this decision is the order's first; a later one changes nothing. */
async function recordFirst(tx: SqlTransaction, row: NewDecision): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO decisions (order_id, decision, reason, message_id, decided_at)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (order_id) DO NOTHING`,
    [row.orderId, row.decision, row.reason ?? null, row.messageId, row.decidedAt],
  );
  return rowCount === 1;
}
