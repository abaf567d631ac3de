import { cloneDatabase } from '@orderflow/local-postgres/testing';
import pg from 'pg';
import { messagingSchema } from '../src/postgres/schema.js';

/** A database with the messaging tables, for one spec file. */
export interface MessagingDatabase {
  readonly pool: pg.Pool;
  /** Empties every table. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}

export async function createMessagingDatabase(): Promise<MessagingDatabase> {
  const database = await cloneDatabase({ template: 'messaging', prepare: createTables });
  const pool = new pg.Pool({ connectionString: database.url, max: 20 });
  // Specs end connections on purpose; the statement that meets one rejects.
  pool.on('error', () => undefined);
  return {
    pool,
    async clear() {
      await pool.query('TRUNCATE inbox, outbox, outbox_holds, outbox_dead, outbox_scheduled, outbox_relays, effects');
      await pool.query("UPDATE outbox_buckets SET leased_by = NULL, leased_until = '-infinity'");
    },
    async drop() {
      await pool.end();
      await database.drop();
    },
  };
}

async function createTables(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const { sql } of messagingSchema) await client.query(sql);
    await client.query('CREATE TABLE effects (value text PRIMARY KEY)');
  } finally {
    await client.end();
  }
}
