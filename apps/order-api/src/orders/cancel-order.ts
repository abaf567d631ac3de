import { orderCancel } from '@orderflow/contracts';
import type { Cause, Outgoing } from '@orderflow/messaging';
import type { UnitOfWork } from '@orderflow/messaging/postgres';
import { messageColumns } from '../timeline/timeline-store.js';
import type { OrderCommandOutbox } from './order-command-outbox.js';
import type { OrderView } from './order-view.js';
import { readOrder, requestCancel } from './order-store.js';
import type { ScheduledOrders } from './scheduled-orders.js';

/**
 * Asks for orders to be cancelled. order-worker decides; this notes that it was asked, sends the command, and takes back
 * the command of an order that is scheduled.
 */
export class CancelOrder {
  readonly #commands: OrderCommandOutbox;
  readonly #scheduled: ScheduledOrders;

  constructor(commands: OrderCommandOutbox, scheduled: ScheduledOrders) {
    this.#commands = commands;
    this.#scheduled = scheduled;
  }

  /**
   * Sends one `order.cancel`, the first time it is called while the order is pending. Returns the order as it is then:
   * `cancelling` also when it was asked for before; any other status says what was decided. Undefined when there is
   * no such order.
   */
  async request(orderId: string, reason: string | undefined, cause: Cause): Promise<OrderView | undefined> {
    const requestedAt = new Date();
    const payload = { orderId, requestedAt: requestedAt.toISOString(), ...(reason !== undefined && { reason }) };
    const command = this.#commands.write(orderCancel, payload, { orderId, cause, time: requestedAt });
    const asked = await this.#ask(orderId, { requestedAt, reason, command });
    return asked ?? readOrder(this.#commands.requests, orderId);
  }

  async #ask(orderId: string, { requestedAt, reason, command }: CancelRequest): Promise<OrderView | undefined> {
    const { requests, messaging } = this.#commands;
    const work = async (tx: UnitOfWork<unknown>) => {
      const order = await requestCancel(tx, orderId, { requestedAt, reason });
      if (!order) return undefined;
      const values = messageColumns.values([{ orderId, envelope: command.envelope }]);
      await tx.query(messageColumns.insertInto('order_messages'), [...values]);
      await messaging.outbox.add(tx, [command]);
      await this.#scheduled.cancel(tx, order);
      return order;
    };
    return requests.admit(() => messaging.transaction(work));
  }
}

interface CancelRequest {
  readonly requestedAt: Date;
  readonly reason: string | undefined;
  readonly command: Outgoing;
}
