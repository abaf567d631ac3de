/**
 * The inbox with one row of effect, against a transaction that a team writes by hand: `npm run bench:inbox -- [--rounds 5]
 * [--messages 4000] [--quick] [--check]`. Alone, 16 messages are handled at a time, each by one statement or in a
 * transaction of its own; in a batch, 16 that are ready share a statement, or a transaction, and one is in flight, as a group
 * commit has it.
 */
import { randomUUID } from 'node:crypto';
import { createPostgresMessaging, messagingSchema, preparing } from '@orderflow/messaging/postgres';
import type pg from 'pg';
import { callConcurrently } from '../kit/call-concurrently.js';
import { type BenchDatabase, startDatabase } from '../kit/database.js';
import { type Figure, measure, rowsOf } from '../kit/figure.js';
import { readFlags } from '../kit/flags.js';
import { inBatches } from '../kit/messages.js';
import { report } from '../kit/report.js';
import { alternate } from '../kit/rounds.js';
import { expectCount } from '../kit/until.js';

const MESSAGES = 4_000;
const AT_A_TIME = 16;
/** Workers of one database: each has one group in flight. */
const WORKERS = 4;
const GOALS = { single: 1.8, batch: 4.5 };
const DATABASES = ['by_hand', 'single', 'alone', 'batch', 'statement'] as const;
type Database = (typeof DATABASES)[number];

const INBOX_ROW = 'INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING';
const EFFECT = 'INSERT INTO effects (message_id, amount) VALUES ($1, $2)';
const EFFECT_OF_HANDLED = 'INSERT INTO effects (message_id, amount) SELECT $1, $2::bigint FROM handled';
const ROWS = '(SELECT unnest($1::text[]) AS message_id, unnest($2::bigint[]) AS amount) AS one';
const EFFECTS = `INSERT INTO effects (message_id, amount) SELECT message_id, amount FROM ${ROWS} ORDER BY message_id`;
const EFFECTS_OF_HANDLED = `stored AS (INSERT INTO effects (message_id, amount)
  SELECT message_id, amount FROM ${ROWS} JOIN handled USING (message_id)
  ORDER BY message_id)`;
const CONSUMER = 'bench';

const flags = readFlags({ counts: ['messages'] });
const messages = flags.count('messages') ?? flags.size(MESSAGES);

/** One round in a database: hands its messages to `handleAll` and sees that each took effect once. */
async function round(
  server: BenchDatabase,
  database: Database,
  handleAll: (ids: readonly string[]) => Promise<unknown>,
): Promise<Figure> {
  const rowsIn = (table: string): Promise<number> => server.number(database, `SELECT count(*) FROM ${table}`);
  const expected = (await rowsIn('effects')) + messages;
  const ids = Array.from({ length: messages }, () => randomUUID());
  const figure = await measure(messages, [process.pid, server.pid], () => handleAll(ids));
  expectCount('effects', await rowsIn('effects'), expected);
  expectCount('inbox rows', await rowsIn('inbox'), expected);
  return figure;
}

async function byHand(pool: pg.Pool, id: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rowCount } = await client.query(INBOX_ROW, [CONSUMER, id]);
    if (rowCount === 1) await client.query(EFFECT, [id, 900]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const server = await startDatabase(DATABASES);
try {
  for (const database of DATABASES) {
    const pool = server.pool(database);
    for (const { sql } of messagingSchema) await pool.query(sql);
    await pool.query('CREATE TABLE effects (message_id text PRIMARY KEY, amount bigint NOT NULL)');
  }
  const bare = server.pool('by_hand', { max: AT_A_TIME });
  const inboxOf = (database: Database) =>
    createPostgresMessaging({ pool: server.pool(database, { max: AT_A_TIME, Client: preparing() }) }).inbox;
  const [single, alone, batch, statement] = [
    inboxOf('single'),
    inboxOf('alone'),
    inboxOf('batch'),
    inboxOf('statement'),
  ];
  const each = (database: Database, handle: (id: string) => Promise<unknown>) => () =>
    round(server, database, (ids) => callConcurrently(messages, AT_A_TIME, (n) => handle(ids[n] ?? '')));
  const grouped = (database: Database, atATime: number, handle: (ids: readonly string[]) => Promise<unknown>) => () =>
    round(server, database, (ids) => {
      const groups = inBatches(ids, AT_A_TIME);
      return callConcurrently(groups.length, atATime, (n) => handle(groups[n] ?? []));
    });
  const amounts = (ids: readonly string[]): readonly number[] => ids.map(() => 900);
  const byStatement = (ids: readonly string[]) =>
    statement.onceManyWith(CONSUMER, ids, { text: EFFECTS_OF_HANDLED, values: [ids, amounts(ids)] });
  const byTransaction = (ids: readonly string[]) =>
    batch.onceMany(CONSUMER, ids, async (tx, unhandled) => {
      const fresh = [...unhandled];
      await tx.query(EFFECTS, [fresh, amounts(fresh)]);
    });
  const [baseline, byOneStatement, inTransaction, together, togetherInAll, inOneTransaction, inTransactions] =
    await alternate(2, flags.rounds, [
      each('by_hand', (id) => byHand(bare, id)),
      each('single', (id) => single.onceWith(CONSUMER, id, { text: EFFECT_OF_HANDLED, values: [id, 900] })),
      each('alone', (id) => alone.once(CONSUMER, id, async (tx) => void (await tx.query(EFFECT, [id, 900])))),
      grouped('statement', 1, byStatement),
      grouped('statement', WORKERS, byStatement),
      grouped('batch', 1, byTransaction),
      grouped('batch', WORKERS, byTransaction),
    ]);
  const rows = (what: string, ours: readonly Figure[], perSecond?: number) =>
    rowsOf({ what, over: 'by hand', baseline, ours, goals: perSecond === undefined ? {} : { perSecond } });
  report(
    [
      ...rows('inbox and effect, alone, one statement', byOneStatement, GOALS.single),
      ...rows('inbox and effect, alone, a transaction', inTransaction),
      ...rows(`inbox and effect, ${AT_A_TIME} ready together, one statement`, together, GOALS.batch),
      ...rows(`the same by ${WORKERS} workers at a time`, togetherInAll),
      ...rows(`inbox and effect, ${AT_A_TIME} ready together, a transaction`, inOneTransaction),
      ...rows(`the same by ${WORKERS} workers at a time`, inTransactions),
    ],
    flags.check,
  );
} finally {
  await server.stop();
}
