import { type Cause, type Contract, createEnvelopeWriter, type Outgoing } from '@orderflow/messaging';
import type { PostgresMessaging } from '@orderflow/messaging/postgres';
import type { RequestDatabase } from '@orderflow/service-kit';

const write = createEnvelopeWriter('/order-api');

export interface OrderCommandOutboxOptions {
  readonly requests: RequestDatabase;
  readonly messaging: PostgresMessaging;
  /** The queue of order-worker. */
  readonly queue: string;
}

export interface CommandDetails {
  readonly orderId: string;
  readonly cause: Cause;
  /** When it was asked for. */
  readonly time: Date;
  /** At once by default. */
  readonly deliverAt?: Date | undefined;
}

/** Where commands to order-worker are written: an outbox in the database of the orders. */
export class OrderCommandOutbox {
  readonly requests: RequestDatabase;
  readonly messaging: PostgresMessaging;
  readonly #queue: string;

  constructor({ requests, messaging, queue }: OrderCommandOutboxOptions) {
    this.requests = requests;
    this.messaging = messaging;
    this.#queue = queue;
  }

  /** Commands about one order leave in the order they were written. */
  write<T>(contract: Contract<T>, payload: T, { orderId, cause, time, deliverAt }: CommandDetails): Outgoing {
    const envelope = write(contract, payload, { orderingKey: orderId, cause, time: time.toISOString() });
    return { to: { queue: this.#queue }, envelope, ...(deliverAt && { deliverAt }) };
  }
}
