import { type Cause, type Contract, createEnvelopeWriter, type Outgoing } from '@orderflow/messaging';
import type { PostgresMessaging } from '@orderflow/messaging/postgres';
import type { RequestDatabase } from '@orderflow/service-kit';

const write = createEnvelopeWriter('/order-api');

export interface OrderCommandOutboxOptions {
  readonly requests: RequestDatabase;
  /** For inserts of given values, while it is not full; only `requests` when absent. */
  readonly inserts?: RequestDatabase | undefined;
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
  readonly #inserts: RequestDatabase | undefined;
  readonly messaging: PostgresMessaging;
  readonly #queue: string;

  constructor({ requests, inserts, messaging, queue }: OrderCommandOutboxOptions) {
    this.requests = requests;
    this.#inserts = inserts;
    this.messaging = messaging;
    this.#queue = queue;
  }

  /** How many requests may write or wait for it at a time. */
  get capacity(): number {
    return this.requests.capacity + (this.#inserts?.capacity ?? 0);
  }

  /** Where to insert what waits for nobody. */
  get inserts(): RequestDatabase {
    return this.#inserts === undefined || this.#inserts.isFull ? this.requests : this.#inserts;
  }

  /** Commands about one order leave in the order they were written. */
  write<T>(contract: Contract<T>, payload: T, { orderId, cause, time, deliverAt }: CommandDetails): Outgoing {
    const envelope = write(contract, payload, { orderingKey: orderId, cause, time: time.toISOString() });
    return { to: { queue: this.#queue }, envelope, ...(deliverAt && { deliverAt }) };
  }
}
