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

/** A relay with nothing to do. */
export interface OpenRelay {
  /** Writes messages for it, and does not commit them yet. */
  write(messages: readonly Outgoing[]): Promise<Written>;
  stop(): Promise<void>;
}

interface Written {
  /** Resolves when the messages are on the disk. */
  commit(): Promise<void>;
  /** Resolves when the last one was sent. */
  sent(): Promise<void>;
  /** Resolves when nothing is left of them. */
  removed(): Promise<void>;
}

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

  /** Has a relay with nothing to do, which stays from round to round as it does in an app. */
  async open(send: Send): Promise<OpenRelay> {
    const { relay, sent } = this.#start(send);
    await until('the relay has all buckets', async () => relay.health().buckets === BUCKETS);
    return {
      write: async (messages) => {
        const { committed, commit } = await this.#write(messages);
        const all = sent(messages.length);
        return {
          async commit() {
            commit();
            await Promise.race([committed, all]);
          },
          sent: () => all,
          removed: () => until('nothing is left in the outbox', () => this.#isEmpty()),
        };
      },
      stop: () => relay.stop(),
    };
  }

  /** Relays until that many of those that wait were sent; what was sent is removed. */
  async relay(send: Send, count: number): Promise<void> {
    const { relay, sent } = this.#start(send);
    await sent(count).finally(() => relay.stop());
  }

  /** Writes messages, and does not commit them yet. */
  async #write(messages: readonly Outgoing[]): Promise<{ readonly committed: Promise<unknown>; commit(): void }> {
    const { messaging } = this;
    const [written, begin] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const committed = messaging.transaction(async (tx) => {
      for (const some of inBatches(messages, 1_000)) await messaging.outbox.add(tx, some);
      written.resolve();
      await begin.promise;
    });
    await Promise.race([written.promise, committed]);
    return { committed, commit: begin.resolve };
  }

  #start(send: Send): { readonly relay: Relay; sent(count: number): Promise<void> } {
    let left = 0;
    let done = Promise.withResolvers<void>();
    const relay = this.messaging.startRelay({
      transport: {
        send: async (messages) => {
          await send(messages);
          left -= messages.length;
          if (left === 0) done.resolve();
        },
      },
      onError: (error) => done.reject(error),
    });
    return {
      relay,
      sent: (count) => {
        left += count;
        done = Promise.withResolvers<void>();
        return done.promise;
      },
    };
  }

  rows(): Promise<number> {
    return this.#server.number(this.#database, 'SELECT count(*) FROM outbox');
  }

  async #isEmpty(): Promise<boolean> {
    return (
      (await this.#server.number(this.#database, 'SELECT count(*) FROM (SELECT FROM outbox LIMIT 1) AS one')) === 0
    );
  }
}
