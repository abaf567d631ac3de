/** The inbox with many rows against an empty one. */
import { randomUUID } from 'node:crypto';
import { createPostgresMessaging, messagingSchema, preparing } from '@orderflow/messaging/postgres';
import { callConcurrently } from '../kit/call-concurrently.js';
import { type BenchDatabase, startDatabase } from '../kit/database.js';
import { type Figure, measure, rowsOf } from '../kit/figure.js';
import type { Row } from '../kit/report.js';
import { alternate } from '../kit/rounds.js';
import { expectCount } from '../kit/until.js';
import { type Growth, OVER, shown, WARM_UP } from './growth.js';

const MESSAGES = 5_000;
const AT_A_TIME = 16;
const CONSUMER = 'bench';

async function prepare(server: BenchDatabase, database: string, rows: number) {
  const pool = server.pool(database);
  for (const { sql } of messagingSchema) await pool.query(sql);
  await pool.query(
    `INSERT INTO inbox (consumer, message_id, handled_at)
     SELECT $1, gen_random_uuid()::text, now() - n * interval '1 ms' FROM generate_series(1, $2::bigint) AS n`,
    [CONSUMER, rows],
  );
  await pool.query('VACUUM ANALYZE inbox');
  await pool.query('CHECKPOINT');
  const options = '-c plan_cache_mode=force_custom_plan';
  return createPostgresMessaging({ pool: server.pool(database, { max: AT_A_TIME, Client: preparing(), options }) });
}

export async function growInbox({ rows, rounds, goal, size }: Growth): Promise<readonly Row[]> {
  const server = await startDatabase(['empty', 'full']);
  try {
    const messages = size(MESSAGES);
    const round = ({ inbox }: Awaited<ReturnType<typeof prepare>>): Promise<Figure> =>
      measure(messages, [process.pid, server.pid], () =>
        callConcurrently(messages, AT_A_TIME, () => inbox.once(CONSUMER, randomUUID(), async () => undefined)),
      );
    const [empty, full] = [await prepare(server, 'empty', 0), await prepare(server, 'full', rows)];
    const [baseline, ours] = await alternate(WARM_UP, rounds, [() => round(empty), () => round(full)]);
    // Once, at the end: counting reads the whole table into memory.
    for (const [database, before] of [
      ['empty', 0],
      ['full', rows],
    ] as const) {
      const count = await server.number(database, 'SELECT count(*) FROM inbox');
      expectCount(`inbox rows of '${database}'`, count, before + messages * (WARM_UP + rounds));
    }
    return rowsOf({ what: `inbox of ${shown(rows)} rows`, over: OVER, baseline, ours, goals: { perSecond: goal } });
  } finally {
    await server.stop();
  }
}
