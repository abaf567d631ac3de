import { randomUUID } from 'node:crypto';
import { type Order, orderPlace, totalOf } from '@orderflow/contracts';
import { type Cause, classify } from '@orderflow/messaging';
import { postgresFailures } from '@orderflow/messaging/postgres';
import { callTogether, DatabaseBusy, Problem } from '@orderflow/service-kit';
import type { RequestKey } from '../idempotency/idempotency-key.js';
import { type Answer, findAnswer, isKeyHeld, keyInUse } from '../idempotency/idempotency-store.js';
import { insertPlacements, type Placement } from './insert-placements.js';
import type { OrderCommandOutbox } from './order-command-outbox.js';
import { viewOfPlaced } from './order-view.js';
import type { PlaceOrderRequest } from './place-order-request.js';

const dayMs = 86_400_000;

/**
 * Places orders: the order, its timeline, the command to decide it and the answer to this request are written by one
 * statement, so that a crash leaves all of them or none. Requests that are there at the same time share one; who has to
 * wait for another request with the same key leaves the others first. The broker is not asked.
 */
export class PlaceOrder {
  readonly #commands: OrderCommandOutbox;
  readonly #longestDelayMs: number;
  readonly #insertTogether: (placement: Placement) => Promise<boolean>;
  /** Requests that share a statement, or will. */
  #unanswered = 0;

  /** @param longestDelayMs how far ahead the broker can keep a command, in milliseconds */
  constructor(commands: OrderCommandOutbox, longestDelayMs = Number.POSITIVE_INFINITY) {
    this.#commands = commands;
    this.#longestDelayMs = longestDelayMs;
    this.#insertTogether = callTogether({
      all: (placements) => insertPlacements(commands, placements, { wait: false }),
      keyOf: ({ order, key }) => (key === undefined ? order.orderId : `${key.client} ${key.route} ${key.key}`),
      isAway: (error) => error instanceof DatabaseBusy || classify(postgresFailures, error) === 'dependency-away',
      comeAgain: true,
    });
  }

  /**
   * With a key, the same request is answered the same however often it comes. Throws a `Problem` when the key was
   * used for another body, its first request is still being handled, or the order is for a time too far ahead.
   */
  async once(request: PlaceOrderRequest, cause: Cause, key?: RequestKey): Promise<Answer> {
    const placement = this.#prepare(request, cause, key);
    try {
      if (await this.#placeTogether(placement)) return placement.answer;
      return await this.#placeAlone(placement);
    } catch (error) {
      throw key !== undefined && isKeyHeld(error) ? keyInUse(error) : error;
    }
  }

  #prepare(request: PlaceOrderRequest, cause: Cause, key: RequestKey | undefined): Placement {
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
    return { order, command, answer: answerTo(order), key };
  }

  /** Before it is accepted: a command that no broker takes would lie in the outbox for good. */
  #checkDelay(deliverAt: Date | undefined, now: Date): void {
    if (deliverAt === undefined || deliverAt.getTime() - now.getTime() <= this.#longestDelayMs) return;
    const days = Math.floor(this.#longestDelayMs / dayMs);
    throw new Problem(400, 'scheduled-too-far', `scheduledFor must be no more than ${days} days ahead.`);
  }

  /** @throws DatabaseBusy when as many requests as may wait for the database are there already */
  async #placeTogether(placement: Placement): Promise<boolean> {
    const { capacity } = this.#commands;
    if (this.#unanswered >= capacity) throw new DatabaseBusy(`${capacity} requests wait for the database already`);
    this.#unanswered += 1;
    try {
      return await this.#insertTogether(placement);
    } finally {
      this.#unanswered -= 1;
    }
  }

  /** Its key has been used before, or is being used: waits for that. */
  async #placeAlone(placement: Placement): Promise<Answer> {
    const { key } = placement;
    if (key === undefined) throw new Error(`Order ${placement.order.orderId} has no key and was not placed.`);
    for (;;) {
      const answer = await findAnswer(this.#commands.requests, key, new Date());
      if (answer) return answer;
      // Nothing is kept with the key, or not yet.
      const [isPlaced] = await insertPlacements(this.#commands, [placement], { wait: true });
      if (isPlaced) return placement.answer;
    }
  }
}

function answerTo(order: Order): Answer {
  const headers = {
    location: `/orders/${order.orderId}`,
    'content-type': 'application/json; charset=utf-8',
  };
  return { status: 202, headers, body: JSON.stringify(viewOfPlaced(order)) };
}
