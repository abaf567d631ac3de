import { deleteInBatches, RowColumns, type SqlTransaction } from '@orderflow/messaging/postgres';
import { Problem, type Purge } from '@orderflow/service-kit';
import type { Pool } from 'pg';
import type { RequestKey } from './idempotency-key.js';

/** An answer as it is sent, and sent again. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The exact body. */
  readonly body: string;
}

interface AnswerRow extends Answer {
  readonly fingerprint: string;
}

/** How long an answer is replayed, in hours. An older key counts as new, purged or not. */
export const retentionHours = 24;
const retentionMs = retentionHours * 3_600_000;

/** SQLSTATE of a statement that waited for a lock longer than `lock_timeout`. */
const lockNotAvailable = '55P03';

/** A request with a key, and what it is answered when it is the first. */
export interface Claim {
  /** Of what the request makes. */
  readonly id: string;
  readonly request: RequestKey;
  readonly answer: Answer;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

export interface ClaimOptions {
  /**
   * Whether to wait for a request with the same key that is being handled elsewhere, for no longer than `lock_timeout`;
   * its claim is left out otherwise.
   */
  readonly wait: boolean;
}

/** The parameters of {@link claimKeys}. */
export const claimColumns = new RowColumns<Claim>(
  ['id', 'text', ({ id }) => id],
  ['client', 'text', ({ request }) => request.client],
  ['route', 'text', ({ request }) => request.route],
  ['key', 'text', ({ request }) => request.key],
  ['fingerprint', 'text', ({ request }) => request.fingerprint],
  ['status', 'integer', ({ answer }) => answer.status],
  ['headers', 'jsonb', ({ answer }) => JSON.stringify(answer.headers)],
  ['body', 'text', ({ answer }) => answer.body],
  ['created_at', 'timestamptz', ({ at }) => at],
);
/** Those of the table; the id is only answered. */
const keptColumns = claimColumns.names.filter((name) => name !== 'id').join(', ');

/**
 * What stands after `WITH` in a statement that does something once a key: `claimed` has the ids of the claims whose key
 * was free, and the others are left out. Each key is locked until the end of the transaction, so that only who waits for
 * one key waits at all: claims that share a statement never do, and cannot block each other across statements. The keys
 * of one statement have to differ.
 * @param first the number of the first parameter
 */
export function claimKeys(first: number, { wait }: ClaimOptions): string {
  const lock = "hashtextextended(client || ' ' || route || ' ' || key, 0)";
  const isLocked = wait ? `pg_advisory_xact_lock(${lock}) IS NOT NULL` : `pg_try_advisory_xact_lock(${lock})`;
  // Its columns are named: a statement with `SELECT *` is never prepared.
  return `asked AS MATERIALIZED (
      SELECT ${claimColumns.list} FROM ${claimColumns.asTable('asked', first)}),
    stored AS (
      INSERT INTO idempotency_keys (${keptColumns}) SELECT ${keptColumns} FROM asked WHERE ${isLocked}
      ORDER BY client, route, key ON CONFLICT DO NOTHING RETURNING client, route, key),
    claimed AS (SELECT id FROM asked JOIN stored USING (client, route, key))`;
}

/** Whether the first request with the key took longer than a second one may wait for it. */
export function isKeyHeld(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === lockNotAvailable;
}

/**
 * The answer that was stored with a key, undefined when it is no longer kept: then the key is free again. Throws a
 * {@link Problem} when it answered another body.
 */
export async function findAnswer(db: SqlTransaction, request: RequestKey, now: Date): Promise<Answer | undefined> {
  const values = [request.client, request.route, request.key, new Date(now.getTime() - retentionMs)];
  const { rows } = await db.query(
    `WITH expired AS (
       DELETE FROM idempotency_keys WHERE client = $1 AND route = $2 AND key = $3 AND created_at <= $4)
     SELECT fingerprint, status, headers, body FROM idempotency_keys
     WHERE client = $1 AND route = $2 AND key = $3 AND created_at > $4`,
    values,
  );
  const [row] = rows as unknown as AnswerRow[];
  if (!row) return undefined;
  if (row.fingerprint !== request.fingerprint) throw keyReused();
  return { status: row.status, headers: { ...row.headers, 'idempotency-replayed': 'true' }, body: row.body };
}

/** Removes the keys that are past their retention, oldest first. Safe in several replicas at once. Returns how many. */
export function purgeKeys(pool: Pool, now: Date): Promise<number> {
  const statement = `
    DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM idempotency_keys
      WHERE created_at <= $2::timestamptz - interval '${retentionHours} hours'
      ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))`;
  return deleteInBatches(pool, statement, [now]);
}

/** For the service, which removes them from time to time. */
export function purgeOfKeys(pool: Pool): Purge {
  return { what: 'expired idempotency keys', everyMs: 600_000, remove: () => purgeKeys(pool, new Date()) };
}

export function keyInUse(cause: unknown): Problem {
  const detail = 'A request with this Idempotency-Key is still being handled. Send it again in a moment.';
  return new Problem(409, 'request-in-progress', detail, { cause, headers: { 'retry-after': '1' } });
}

function keyReused(): Problem {
  const detail = 'This Idempotency-Key was used for another body. Use a new key for a new request.';
  return new Problem(422, 'idempotency-key-reused', detail);
}
