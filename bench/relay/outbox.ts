import type { Outgoing, Relay } from '@orderflow/messaging';
import {
  createPostgresMessaging,
  messagingSchema,
  type PostgresMessaging,
  preparing,
} from '@orderflow/messaging/postgres';
import type { BenchDatabase } from '../kit/database.js';
import { inBatches } from '../kit/messages.js';
import { until } from '../kit/until.js';

/** Of an outbox: what one relay holds when it is alone. */
const BUCKETS = 16;

/** Whatever takes messages: a transport, or a model of one. */
export type Send = (messages: readonly Outgoing[]) => Promise<void>;

/** An outbox in a database of its own. */
export class BenchOutbox {
  readonly messaging: PostgresMessaging;
  readonly #server: BenchDatabase;
  readonly #database: string;

  private constructor(server: BenchDatabase, database: string) {
    this.#server = server;
    this.#database = database;
    const options = '-c plan_cache_mode=force_custom_plan';
    const pool = server.pool(database, { max: 20, Client: preparing(), options });
    this.messaging = createPostgresMessaging({ pool });
  }

  static async create(server: BenchDatabase, database: string): Promise<BenchOutbox> {
    const pool = server.pool(database);
    for (const { sql } of messagingSchema) await pool.query(sql);
    return new BenchOutbox(server, database);
  }

  /**
   * Has a relay with nothing to do, and messages that are written and not committed.
   * @returns what commits them and resolves when they were sent, and what then stops the relay
   */
  async prepare(
    send: Send,
    messages: readonly Outgoing[],
  ): Promise<{ commit(): Promise<void>; stop(): Promise<void> }> {
    const { messaging } = this;
    const { relay, done } = this.#start(send, messages.length);
    await until('the relay has all buckets', async () => relay.health().buckets === BUCKETS);
    const [written, begin] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const committed = messaging.transaction(async (tx) => {
      for (const some of inBatches(messages, 1_000)) await messaging.outbox.add(tx, some);
      written.resolve();
      await begin.promise;
    });
    await Promise.race([written.promise, committed]);
    return {
      async commit() {
        begin.resolve();
        await Promise.all([committed, done]);
      },
      stop: () => relay.stop(),
    };
  }

  /** Relays until that many of those that wait were sent; what was sent is removed. */
  async relay(send: Send, count: number): Promise<void> {
    const { relay, done } = this.#start(send, count);
    await done.finally(() => relay.stop());
  }

  #start(send: Send, count: number): { readonly relay: Relay; readonly done: Promise<void> } {
    let sent = 0;
    const done = Promise.withResolvers<void>();
    const relay = this.messaging.startRelay({
      transport: {
        send: async (messages) => {
          await send(messages);
          sent += messages.length;
          if (sent >= count) done.resolve();
        },
      },
      onError: (error) => done.reject(error),
    });
    return { relay, done: done.promise };
  }

  rows(): Promise<number> {
    return this.#server.number(this.#database, 'SELECT count(*) FROM outbox');
  }
}
