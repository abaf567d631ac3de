import type { LocalPostgres } from '@orderflow/local-postgres';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { messagingSchema } from '../../src/postgres/index.js';
import { until } from './until.js';

/** PostgreSQL's codes for a connection that it ended, and for one that it does not take. */
const away = ['57P01', '55000'];

/** The database of one bench. */
export class BenchDatabase {
  readonly url: string;
  readonly #name: string;
  readonly #admin: pg.Pool;
  readonly #pool: pg.Pool;
  /** How often it was sent away and has not come back. */
  #away = 0;
  #closed = false;

  private constructor(server: LocalPostgres, name: string) {
    this.#name = name;
    this.url = server.url(name);
    this.#admin = new pg.Pool({ connectionString: server.url('postgres'), max: 1 });
    this.#pool = new pg.Pool({ connectionString: this.url, max: 2 });
    // Ended on purpose, with those of the worker.
    this.#pool.on('error', () => undefined);
    // Ended with the server when a bench would not close: that is what has to be told then.
    this.#admin.on('error', () => undefined);
  }

  static async create(server: LocalPostgres, name: string): Promise<BenchDatabase> {
    await server.createDatabase(name);
    const database = new BenchDatabase(server, name);
    for (const { sql } of messagingSchema) await database.#query(sql);
    // No unique key: an effect that happens twice has to show.
    await database.#query(
      'CREATE TABLE effects (number bigint GENERATED ALWAYS AS IDENTITY, message_id text NOT NULL, value text NOT NULL)',
    );
    return database;
  }

  /** The effects of messages whose ids begin so, the newest last. */
  async effects(prefix: string): Promise<readonly { readonly message_id: string; readonly value: string }[]> {
    const text = 'SELECT message_id, value FROM effects WHERE starts_with(message_id, $1) ORDER BY number';
    return (await this.#query<{ message_id: string; value: string }>(text, [prefix])).rows;
  }

  /** The ids in the inbox that begin so. */
  async inbox(prefix: string): Promise<readonly string[]> {
    const text = 'SELECT message_id FROM inbox WHERE starts_with(message_id, $1) ORDER BY message_id';
    return (await this.#query<{ message_id: string }>(text, [prefix])).rows.map(({ message_id }) => message_id);
  }

  /** What waits in the outbox, or was set aside in it. */
  async unsent(): Promise<number> {
    const text = `SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_dead)
                       + (SELECT count(*) FROM outbox_holds) AS unsent`;
    return Number((await this.#query<{ unsent: string }>(text)).rows[0]?.unsent);
  }

  /** Whether a statement waits for the end of another one's transaction. */
  async isBlocked(): Promise<boolean> {
    const text = "SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'";
    return (await this.#admin.query(text, [this.#name])).rowCount !== 0;
  }

  /** How many relays are alive. */
  async relays(): Promise<number> {
    const text = 'SELECT count(*)::int AS count FROM outbox_relays WHERE seen_until > now()';
    return (await this.#query<{ count: number }>(text)).rows[0]?.count ?? 0;
  }

  /** How many buckets no relay works on. */
  async freeBuckets(): Promise<number> {
    const text = 'SELECT count(*)::int AS count FROM outbox_buckets WHERE leased_by IS NULL';
    return (await this.#query<{ count: number }>(text)).rows[0]?.count ?? 0;
  }

  /** Lets so many milliseconds pass for the leases of the relays. */
  async pass(ms: number): Promise<void> {
    await this.#query("UPDATE outbox_buckets SET leased_until = leased_until - $1 * interval '1 ms'", [ms]);
    await this.#query("UPDATE outbox_relays SET seen_until = seen_until - $1 * interval '1 ms'", [ms]);
  }

  /** Ends every connection and refuses new ones, until {@link comeBack}. */
  async goAway(): Promise<void> {
    this.#away += 1;
    await this.#admin.query(`ALTER DATABASE ${pg.escapeIdentifier(this.#name)} ALLOW_CONNECTIONS false`);
    // Again and again: one may have been on its way in.
    const text = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = $1 AND backend_type = 'client backend'`;
    await until('the connections have ended', async () => {
      return (await this.#admin.query(text, [this.#name])).rowCount === 0;
    });
  }

  async comeBack(): Promise<void> {
    this.#away -= 1;
    if (this.#away > 0) return;
    await this.#admin.query(`ALTER DATABASE ${pg.escapeIdentifier(this.#name)} ALLOW_CONNECTIONS true`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.end();
    await this.#admin.end();
  }

  /** Waits out the times when the database is away. */
  async #query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>> {
    for (;;) {
      const wasAway = this.#away > 0;
      try {
        return await this.#pool.query<Row>(text, values);
      } catch (error) {
        const isAway = wasAway || this.#away > 0 || away.includes((error as { code?: string }).code ?? '');
        if (this.#closed || !isAway) throw error;
        await pause(20);
      }
    }
  }
}
