import type { Pool } from 'pg';
import { explain } from '../errors.js';
import { orderingKeyOf } from '../outbox/bucket.js';
import { isUnsendable, sendInOrder } from '../outbox/send-in-order.js';
import { backoff } from '../retry/backoff.js';
import { type RetryPolicy, retryPolicy } from '../retry/retry-policy.js';
import type { Transport } from '../transport.js';
import type { Lease } from './bucket-leases.js';
import { type OutboxRow, readRows } from './outbox-rows.js';

/** How long a failed ordering key waits before it is tried again; there is no last attempt. */
export const holdPolicy: RetryPolicy = retryPolicy({ delayed: { baseMs: 500, factor: 2, capMs: 60_000, retries: 99 } });

interface BatchOptions {
  readonly pool: Pool;
  /** The buckets to read, in the order of their turn. */
  readonly leases: readonly Lease[];
  readonly limit: number;
  readonly send: Transport['send'];
  /** How long a failed ordering key waits. */
  readonly policy: RetryPolicy;
  readonly random: () => number;
}

export interface BatchResult {
  readonly read: number;
  readonly sent: number;
  readonly errors: readonly unknown[];
  /** The broker cannot be reached: pause. */
  readonly outage: boolean;
  /** When the first of the keys that failed now may be tried again, in milliseconds from now. */
  readonly retryInMs?: number;
}

/**
 * Reads, sends and removes one batch. No transaction is open while the broker is spoken to. A process that dies between
 * sending and removing leaves the rows, and the next relay sends them again with the same ids, which the consumers'
 * inboxes absorb. Every write is fenced by the lease's token.
 */
export async function sendBatch(options: BatchOptions): Promise<BatchResult> {
  const { pool, leases, limit, send } = options;
  if (leases.length === 0) return { read: 0, sent: 0, errors: [], outage: false };
  const rows = await readRows(
    pool,
    leases.map(({ bucket }) => bucket),
    limit,
  );
  const result = await sendInOrder(rows, send);

  await remove(options, result.sent);
  const dead = result.failed.filter(({ error }) => isUnsendable(error));
  for (const { row, error } of dead) await setAside(options, row, error);
  const delays: number[] = [];
  for (const { row, error } of result.failed) {
    if (!isUnsendable(error)) delays.push(await hold(options, row, error));
  }
  return {
    read: rows.length,
    sent: result.sent.length,
    errors: [...result.failed.map(({ error }) => error), ...(result.outage ? [result.outage] : [])],
    outage: result.outage !== undefined,
    ...(delays.length > 0 && { retryInMs: Math.min(...delays) }),
  };
}

async function remove({ pool, leases }: BatchOptions, sent: readonly OutboxRow[]): Promise<void> {
  if (sent.length === 0) return;
  // One statement, so that no crash leaves the hold of a key that has nothing waiting.
  await pool.query(
    `WITH sent AS (
       SELECT sent.* FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::text[]) AS sent(bucket, id, token, held_key)
       JOIN outbox_buckets lease ON lease.bucket = sent.bucket AND lease.token = sent.token
     ), freed AS (
       DELETE FROM outbox_holds USING sent
       WHERE outbox_holds.bucket = sent.bucket AND outbox_holds.ordering_key = sent.held_key
         AND outbox_holds.until <= now()
     )
     DELETE FROM outbox USING sent WHERE outbox.bucket = sent.bucket AND outbox.id = sent.id`,
    [
      sent.map(({ bucket }) => bucket),
      sent.map(({ id }) => id),
      tokensOf(leases, sent),
      sent.map((row) => (row.attempts > 0 ? keyOf(row) : null)),
    ],
  );
}

/** Sets a message aside that no broker will take; its successors go on without it. */
async function setAside({ pool, leases }: BatchOptions, row: OutboxRow, error: unknown): Promise<void> {
  await pool.query(
    `WITH set_aside AS (
       DELETE FROM outbox USING outbox_buckets lease
       WHERE outbox.bucket = $1 AND outbox.id = $2 AND lease.bucket = $1 AND lease.token = $3
       RETURNING outbox.*
     ), freed AS (
       DELETE FROM outbox_holds USING set_aside WHERE outbox_holds.bucket = $1 AND outbox_holds.ordering_key = $5
     )
     INSERT INTO outbox_dead SELECT set_aside.*, $4 FROM set_aside`,
    [row.bucket, row.id, tokensOf(leases, [row])[0], explain(error), keyOf(row)],
  );
}

/** Lets the row's ordering key wait; answers for how long, in milliseconds. */
async function hold(options: BatchOptions, row: OutboxRow, error: unknown): Promise<number> {
  const delayMs = backoff(options.policy, row.attempts + 1, options.random);
  await options.pool.query(
    `INSERT INTO outbox_holds (bucket, ordering_key, attempts, until, last_error)
     SELECT $1, $2, $3, now() + $4 * interval '1 ms', $5 FROM outbox_buckets WHERE bucket = $1 AND token = $6
     ON CONFLICT (bucket, ordering_key) DO UPDATE
       SET attempts = excluded.attempts, until = excluded.until, last_error = excluded.last_error`,
    [row.bucket, keyOf(row), row.attempts + 1, delayMs, explain(error), tokensOf(options.leases, [row])[0]],
  );
  return delayMs;
}

const keyOf = (row: OutboxRow): string => orderingKeyOf(row.outgoing.envelope);

function tokensOf(leases: readonly Lease[], rows: readonly OutboxRow[]): string[] {
  const tokens = new Map(leases.map(({ bucket, token }) => [bucket, token]));
  return rows.map(({ bucket }) => tokens.get(bucket) ?? '-1');
}
