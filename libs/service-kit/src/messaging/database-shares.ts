import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { createPool } from '../postgres/create-pool.js';
import { RequestDatabase } from '../postgres/request-database.js';
import { databaseUrl, type MessagingConfig, shareOfRequests } from './messaging-settings.js';

export interface DatabaseSharesOptions {
  /** The service, as the server shows it. */
  readonly name: string;
  readonly config: MessagingConfig;
  readonly logger: Logger;
  /** Changes the URL, for settings of the session. */
  readonly adaptDatabaseUrl?: ((url: string) => string) | undefined;
  /** See {@link DatabaseShares.inserts}: how many connections it has, a quarter of all at most; none by default. */
  readonly insertConnections?: number | undefined;
}

/** Of effects that are one statement: those of one group are in flight at a time. */
const EFFECT_CONNECTIONS = 1;

/** The connections of a service to its database, `DATABASE_POOL_SIZE` at most, by what they are for. */
export class DatabaseShares {
  /** For messages, and what the service does by itself. */
  readonly pool: Pool;
  /** The same for HTTP requests. */
  readonly requests: RequestDatabase;
  /**
   * A part of what HTTP requests may use, for single statements whose best plan is the same whatever tables hold, as
   * inserts of given values: they are planned once. Nobody waits here: where it is full, `requests` does. Undefined where
   * it has no connections.
   */
  readonly inserts: RequestDatabase | undefined;
  /** For effects of messages that are single statements of that kind. Undefined where a quarter of all is less than one. */
  readonly effects: Pool | undefined;
  readonly #pools: readonly Pool[];

  /** Connects when it is asked. */
  constructor({ name, config, logger, adaptDatabaseUrl, insertConnections = 0 }: DatabaseSharesOptions) {
    const { DATABASE_POOL_SIZE: size, DATABASE_MAX_WAITING: waiting } = config;
    const quarter = Math.floor(size / 4);
    const inserting = Math.min(insertConnections, quarter);
    const effecting = Math.min(EFFECT_CONNECTIONS, quarter);
    const settings = {
      url: databaseUrl(config, logger, adaptDatabaseUrl),
      applicationName: name,
      prepare: config.DATABASE_PREPARE,
      onError: (error: Error) => logger.warn({ err: error }, 'an idle database connection broke'),
    };
    const planningOnce = (max: number) => (max === 0 ? undefined : createPool({ ...settings, max, plans: 'once' }));
    this.pool = createPool({ ...settings, max: size - inserting - effecting });
    const connections = shareOfRequests(size) - inserting - effecting;
    this.requests = new RequestDatabase({ pool: this.pool, connections, waiting });
    this.effects = planningOnce(effecting);
    const pool = planningOnce(inserting);
    this.inserts = pool && new RequestDatabase({ pool, connections: inserting, waiting: 0 });
    this.#pools = [this.pool, this.effects, pool].filter((one) => one !== undefined);
  }

  async end(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()));
  }
}
