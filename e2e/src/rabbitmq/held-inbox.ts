import pg from 'pg';
import type { System } from '../system.js';
import { until } from '../until.js';

/** The inbox of an app that takes no row until it is let go: what the app receives it neither commits nor acknowledges. */
export class HeldInbox {
  readonly #app: string;
  readonly #database: pg.Client;

  private constructor(app: string, database: pg.Client) {
    this.#app = app;
    this.#database = database;
  }

  static async of(system: System, app: string): Promise<HeldInbox> {
    const database = new pg.Client(system.databaseUrl(app));
    await database.connect();
    await database.query('BEGIN');
    await database.query('LOCK TABLE inbox IN EXCLUSIVE MODE');
    return new HeldInbox(app, database);
  }

  /** Resolves once the app is in the middle of a message. */
  async inHand(): Promise<void> {
    await until(
      `${this.#app} has a message in hand`,
      () => this.#waiting(),
      (waiting) => waiting > 0,
    );
  }

  letGo(): Promise<void> {
    return this.#database.end();
  }

  async #waiting(): Promise<number> {
    const { rows } = await this.#database.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_locks WHERE relation = 'inbox'::regclass AND NOT granted`,
    );
    return rows[0]?.waiting ?? 0;
  }
}
