import { randomUUID } from 'node:crypto';
import { type Order, orderPlace, totalOf } from '@orderflow/contracts';
import type { Cause, Outgoing } from '@orderflow/messaging';
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
import { insertMessage } from '../timeline/timeline-store.js';
import type { OrderCommandOutbox } from './order-command-outbox.js';
import { insertOrder } from './order-store.js';
import { viewOfPlaced } from './order-view.js';
import type { PlaceOrderRequest } from './place-order-request.js';

/** An order about to be placed. */
interface Placement {
  readonly order: Order;
  readonly command: Outgoing;
  readonly answer: Answer;
}

/**
 * Places orders: the order, its timeline, the command to decide it and the answer to this request are written by one
 * statement, so that a crash leaves all of them or none. The broker is not asked.
 */
export class PlaceOrder {
  readonly #commands: OrderCommandOutbox;

  constructor(commands: OrderCommandOutbox) {
    this.#commands = commands;
  }

  /**
   * With a key, the same request is answered the same however often it comes. Throws a `Problem` when the key was
   * used for another body, or its first request is still being handled.
   */
  async once(request: PlaceOrderRequest, cause: Cause, key?: RequestKey): Promise<Answer> {
    const placement = this.#prepare(request, cause);
    if (!key) return this.#insert(placement);
    for (;;) {
      try {
        return await this.#insert(placement, key);
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
    const command = this.#commands.write(orderPlace, order, { orderId: order.orderId, cause, time, deliverAt });
    return { order, command, answer: answerTo(order) };
  }

  async #insert({ order, command, answer }: Placement, key?: RequestKey): Promise<Answer> {
    const parameters = new Parameters();
    const parts = [
      `placed AS (${insertOrder(parameters, order)})`,
      `first_message AS (${insertMessage(parameters, order.orderId, command.envelope)})`,
    ];
    if (key) parts.push(`key AS (${claimKey(parameters, key, answer, new Date(order.createdAt))})`);
    const { messaging, requests } = this.#commands;
    await messaging.outbox.addWith(requests, { text: parts.join(', '), values: parameters.values }, [command]);
    return answer;
  }
}

function answerTo(order: Order): Answer {
  const headers = {
    location: `/orders/${order.orderId}`,
    'content-type': 'application/json; charset=utf-8',
  };
  return { status: 202, headers, body: JSON.stringify(viewOfPlaced(order)) };
}
