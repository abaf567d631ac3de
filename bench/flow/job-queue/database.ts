import { type Db, PgBoss } from 'pg-boss';
import pg from 'pg';
import type { Queue } from './queues.js';

const connectionString = process.env['DATABASE_URL'];

/** For what is no job. */
export const pool = new pg.Pool({ connectionString, max: 10 });
pool.on('error', () => undefined);

/** Workers are woken by NOTIFY, and fetch without a pause while there is much. */
export const boss = new PgBoss({ ...(connectionString && { connectionString }), max: 10, useListenNotify: true });
boss.on('error', (error) => process.stderr.write(`${String(error)}\n`));

/** Runs `work` in a transaction; jobs that are added with its `db` are part of it. */
export async function transaction(work: (db: Db) => Promise<unknown>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await work({ executeSql: (text, values) => client.query(text, values) });
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

/** Adds a job for each, as part of the transaction of `db`. */
export async function add(db: Db, queue: Queue, jobs: readonly object[]): Promise<void> {
  if (jobs.length > 0) {
    await boss.insert(
      queue,
      jobs.map((data) => ({ data })),
      { db },
    );
  }
}
