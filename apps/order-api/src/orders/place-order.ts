import { randomUUID } from 'node:crypto';
import { type Order, orderPlace, totalOf } from '@orderflow/contracts';
import { type Cause, classify, type Outgoing } from '@orderflow/messaging';
import { postgresFailures } from '@orderflow/messaging/postgres';
import { callTogether, DatabaseBusy, Problem } from '@orderflow/service-kit';
import type { RequestKey } from '../idempotency/idempotency-key.js';
import {
  type Answer,
  claimKey,
  findAnswer,
  isKeyHeld,
  isKeyTaken,
  keyInUse,
} from '../idempotency/idempotency-store.js';
import { Parameters } from '../sql/parameters.js';
import { insertMessages } from '../timeline/timeline-store.js';
import type { OrderCommandOutbox } from './order-command-outbox.js';
import { insertOrders } from './order-store.js';
import { viewOfPlaced } from './order-view.js';
import type { PlaceOrderRequest } from './place-order-request.js';

const dayMs = 86_400_000;

/** An order about to be placed. */
interface Placement {
  readonly order: Order;
  readonly command: Outgoing;
  readonly answer: Answer;
}

/**
 * Places orders: the order, its timeline, the command to decide it and the answer to this request are written by one
 * statement, so that a crash leaves all of them or none. Requests without a key that are there at the same time share one;
 * those with a key may have to wait for each other, and do not. The broker is not asked.
 */
export class PlaceOrder {
  readonly #commands: OrderCommandOutbox;
  readonly #longestDelayMs: number;
  readonly #insertTogether: (placement: Placement) => Promise<void>;
  /** Requests that share a statement, or will. */
  #unanswered = 0;

  /** @param longestDelayMs how far ahead the broker can keep a command, in milliseconds */
  constructor(commands: OrderCommandOutbox, longestDelayMs = Number.POSITIVE_INFINITY) {
    this.#commands = commands;
    this.#longestDelayMs = longestDelayMs;
    this.#insertTogether = callTogether({
      all: async (placements) => {
        await this.#insert(placements);
        return placements.map(() => undefined);
      },
      keyOf: ({ order }) => order.orderId,
      isAway: (error) => error instanceof DatabaseBusy || classify(postgresFailures, error) === 'dependency-away',
    });
  }

  /**
   * With a key, the same request is answered the same however often it comes. Throws a `Problem` when the key was
   * used for another body, its first request is still being handled, or the order is for a time too far ahead.
   */
  async once(request: PlaceOrderRequest, cause: Cause, key?: RequestKey): Promise<Answer> {
    const placement = this.#prepare(request, cause);
    if (!key) return this.#placeTogether(placement);
    for (;;) {
      try {
        await this.#insert([placement], key);
        return placement.answer;
      } catch (error) {
        if (isKeyHeld(error)) throw keyInUse(error);
        if (!isKeyTaken(error)) throw error;
      }
      const answer = await findAnswer(this.#commands.requests, key, new Date());
      if (answer) return answer;
      // The key was taken and is no longer kept: this request is the first again.
    }
  }

  #prepare(request: PlaceOrderRequest, cause: Cause): Placement {
    const time = new Date();
    const order: Order = {
      orderId: randomUUID(),
      customerId: request.customerId,
      currency: request.currency,
      lines: request.lines,
      total: totalOf(request.lines),
      createdAt: time.toISOString(),
      ...(request.scheduledFor !== undefined && { scheduledFor: request.scheduledFor }),
    };
    const deliverAt = order.scheduledFor === undefined ? undefined : new Date(order.scheduledFor);
    this.#checkDelay(deliverAt, time);
    const command = this.#commands.write(orderPlace, order, { orderId: order.orderId, cause, time, deliverAt });
    return { order, command, answer: answerTo(order) };
  }

  /** Before it is accepted: a command that no broker takes would lie in the outbox for good. */
  #checkDelay(deliverAt: Date | undefined, now: Date): void {
    if (deliverAt === undefined || deliverAt.getTime() - now.getTime() <= this.#longestDelayMs) return;
    const days = Math.floor(this.#longestDelayMs / dayMs);
    throw new Problem(400, 'scheduled-too-far', `scheduledFor must be no more than ${days} days ahead.`);
  }

  /** @throws DatabaseBusy when as many requests as may wait for the database are there already */
  async #placeTogether(placement: Placement): Promise<Answer> {
    const { capacity } = this.#commands.requests;
    if (this.#unanswered >= capacity) throw new DatabaseBusy(`${capacity} requests wait for the database already`);
    this.#unanswered += 1;
    try {
      await this.#insertTogether(placement);
      return placement.answer;
    } finally {
      this.#unanswered -= 1;
    }
  }

  /** @param key of a single placement */
  async #insert(placements: readonly Placement[], key?: RequestKey): Promise<void> {
    const parameters = new Parameters();
    const orders = placements.map(({ order }) => order);
    const messages = placements.map(({ order: { orderId }, command: { envelope } }) => ({ orderId, envelope }));
    const parts = [
      `placed AS (${insertOrders(parameters, orders)})`,
      `first_message AS (${insertMessages(parameters, messages)})`,
    ];
    const [only] = placements;
    if (key && only) {
      parts.push(`key AS (${claimKey(parameters, key, only.answer, new Date(only.order.createdAt))})`);
    }
    const { messaging, requests } = this.#commands;
    const effect = { text: parts.join(', '), values: parameters.values };
    await messaging.outbox.addWith(
      requests,
      effect,
      placements.map(({ command }) => command),
    );
  }
}

function answerTo(order: Order): Answer {
  const headers = {
    location: `/orders/${order.orderId}`,
    'content-type': 'application/json; charset=utf-8',
  };
  return { status: 202, headers, body: JSON.stringify(viewOfPlaced(order)) };
}
