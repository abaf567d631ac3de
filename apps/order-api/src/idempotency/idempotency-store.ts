import { deleteInBatches, type SqlTransaction } from '@orderflow/messaging/postgres';
import { Problem, type Purge } from '@orderflow/service-kit';
import type { Pool } from 'pg';
import type { Parameters } from '../sql/parameters.js';
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
const uniqueViolation = '23505';

/**
 * The part of a statement that makes it happen once a key: with a key that has an answer the whole statement fails,
 * and {@link isKeyTaken} distinguishes that from other failures. A concurrent request with the same key waits here until the
 * first has committed or failed.
 */
export function claimKey(parameters: Parameters, request: RequestKey, answer: Answer, now: Date): string {
  const { client, route, key, fingerprint } = request;
  const { status, headers, body } = answer;
  const values = [client, route, key, fingerprint, status, JSON.stringify(headers), body, now];
  return `INSERT INTO idempotency_keys (client, route, key, fingerprint, status, headers, body, created_at)
    VALUES (${parameters.addAll(values)})`;
}

export function isKeyTaken(error: unknown): boolean {
  const { code, constraint } = error as { readonly code?: unknown; readonly constraint?: unknown };
  return code === uniqueViolation && constraint === 'idempotency_keys_pkey';
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
