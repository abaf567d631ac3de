import { orderCancel } from '@orderflow/contracts';
import type { Cause, Outgoing } from '@orderflow/messaging';
import type { PostgresTx } from '@orderflow/messaging/postgres';
import { Parameters } from '../sql/parameters.js';
import { insertMessage } from '../timeline/insert-message.js';
import type { OrderCommands } from './order-commands.js';
import { type OrderRow, viewOf } from './order-row.js';
import type { OrderView } from './order-view.js';
import { readOrder } from './read-orders.js';

/** Asks for orders to be cancelled. order-worker decides; this notes that it was asked and sends the command. */
export class CancelOrder {
  readonly #commands: OrderCommands;

  constructor(commands: OrderCommands) {
    this.#commands = commands;
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

  /** Of two requests at once the second waits for the first at the order's row, and then finds it not pending. */
  async #ask(orderId: string, { requestedAt, reason, command }: CancelRequest): Promise<OrderView | undefined> {
    const { requests, outbox } = this.#commands;
    const work = async (tx: PostgresTx) => {
      const { rows } = await tx.query(
        `update orders set cancel_requested_at = $2, cancel_reason = $3
         where id = $1 and status = 'pending' returning *`,
        [orderId, requestedAt, reason],
      );
      if (!rows[0]) return undefined;
      const parameters = new Parameters();
      await tx.query(insertMessage(parameters, orderId, command.envelope), [...parameters.values]);
      await outbox.add(tx, [command]);
      return viewOf(rows[0] as unknown as OrderRow);
    };
    return requests.admit(() => outbox.transaction(work));
  }
}

interface CancelRequest {
  readonly requestedAt: Date;
  readonly reason: string | undefined;
  readonly command: Outgoing;
}
