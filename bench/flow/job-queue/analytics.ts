/** Counts per minute, each job once: its completion is in the transaction of what it counted. */
import type { Db } from 'pg-boss';
import type { Accepted, Captured } from './jobs.js';

/** By table: what it counts by, and what it sums. */
const TABLES = {
  event_counts: ['type', 'events'],
  revenue: ['currency', 'amount'],
  latencies: ['bucket', 'orders'],
} as const;

export async function countAccepted(all: readonly Accepted[], db: Db): Promise<void> {
  for (const { decidedAt } of all) await add(db, 'event_counts', decidedAt, 'order.accepted', 1);
}

export async function countCaptured(all: readonly Captured[], db: Db): Promise<void> {
  for (const { capturedAt } of all) await add(db, 'event_counts', capturedAt, 'payment.captured', 1);
  for (const { capturedAt, currency, amount } of all) await add(db, 'revenue', capturedAt, currency, amount);
  for (const { capturedAt, orderCreatedAt } of all) {
    const tookMs = Date.parse(capturedAt) - Date.parse(orderCreatedAt);
    await add(db, 'latencies', capturedAt, Math.min(99, Math.floor(Math.log2(1 + tookMs) * 4)), 1);
  }
}

async function add(
  db: Db,
  table: keyof typeof TABLES,
  time: string,
  name: string | number,
  value: number,
): Promise<void> {
  const [by, sum] = TABLES[table];
  await db.executeSql(
    `INSERT INTO analytics_worker.${table} VALUES (date_trunc('minute', $1::timestamptz), $2, 0, $3)
     ON CONFLICT (minute, ${by}, shard) DO UPDATE SET ${sum} = ${table}.${sum} + excluded.${sum}`,
    [time, name, value],
  );
}
