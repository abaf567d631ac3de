import { Logger } from '@nestjs/common';
import { orderPlace } from '@orderflow/contracts';
import type { ScheduledMessage, Transport } from '@orderflow/messaging';
import type { PostgresMessaging, SqlTransaction, UnitOfWork } from '@orderflow/messaging/postgres';
import { readTimeline } from '../timeline/timeline-store.js';
import type { OrderView } from './order-view.js';

export interface ScheduledOrdersOptions {
  readonly messaging: Pick<PostgresMessaging, 'outbox'>;
  readonly transport: Pick<Transport, 'cancelScheduled'>;
  /** The queue of order-worker. */
  readonly queue: string;
}

/**
 * Takes the commands of orders that are scheduled back from the broker, so that order-worker never hears of one that was
 * cancelled in time. Best effort: order-worker decides, and a command that it gets all the same changes nothing.
 */
export class ScheduledOrders {
  readonly #options: ScheduledOrdersOptions;
  readonly #logger = new Logger(ScheduledOrders.name);

  constructor(options: ScheduledOrdersOptions) {
    this.#options = options;
  }

  /** Part of the transaction that asks for the order to be cancelled; the broker is asked after its commit. */
  async cancel(tx: UnitOfWork<unknown>, order: OrderView): Promise<void> {
    if (order.scheduledFor === undefined || this.#options.transport.cancelScheduled === undefined) return;
    const messageId = await placedBy(tx, order.id);
    if (messageId === undefined) return;
    const command = { to: { queue: this.#options.queue }, messageId, deliverAt: new Date(order.scheduledFor) };
    const waiting = await this.#options.messaging.outbox.cancelScheduled(tx, command);
    for (const each of waiting) tx.afterCommit(() => void this.#takeBack(each, order.id));
  }

  /** Must not reject. */
  async #takeBack(waiting: ScheduledMessage, orderId: string): Promise<void> {
    try {
      await this.#options.transport.cancelScheduled?.(waiting);
    } catch (err) {
      this.#logger.warn({ err, orderId }, 'the command of a scheduled order could not be taken back');
    }
  }
}

/** The command that placed the order; undefined for an order that came to the queue by itself. */
async function placedBy(tx: SqlTransaction, orderId: string): Promise<string | undefined> {
  const timeline = await readTimeline(tx, orderId);
  return timeline.find(({ type, cause }) => type === orderPlace.type && cause === undefined)?.id;
}
