import type { Pool } from 'pg';
import { Problem } from '../problem/problem.js';
import type { Parameters } from '../sql/parameters.js';
import type { RequestKey } from './request-key.js';

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
export const keptHours = 24;

/** SQLSTATE of a statement that waited for a lock longer than `lock_timeout`. */
const lockNotAvailable = '55P03';

/**
 * The part of a statement that does something once a key, to follow `with`: `key` has a row when this request is the
 * first with its key. A concurrent request with the same key waits here until the first has committed or failed.
 */
export function claimKey(parameters: Parameters, request: RequestKey, answer: Answer, now: Date): string {
  const { client, route, key, fingerprint } = request;
  const { status, headers, body } = answer;
  const values = [client, route, key, fingerprint, status, JSON.stringify(headers), body, now];
  return `key as (
    insert into idempotency_keys as k (client, route, key, fingerprint, status, headers, body, created_at)
    values (${parameters.addAll(values)})
    on conflict (client, route, key) do update
      set fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
          body = excluded.body, created_at = excluded.created_at
      where k.created_at <= excluded.created_at - interval '${keptHours} hours'
    returning 1
  )`;
}

/**
 * The answer that was stored with this key. Undefined when there is none (any more). Throws a {@link Problem} when it
 * answered another body.
 */
export async function findAnswer(pool: Pool, request: RequestKey): Promise<Answer | undefined> {
  const { rows } = await pool.query<AnswerRow>(
    `select fingerprint, status, headers, body from idempotency_keys
     where client = $1 and route = $2 and key = $3`,
    [request.client, request.route, request.key],
  );
  const [row] = rows;
  if (!row) return undefined;
  if (row.fingerprint !== request.fingerprint) throw keyReused();
  return { status: row.status, headers: { ...row.headers, 'idempotency-replayed': 'true' }, body: row.body };
}

/** Turns the error of a request that waited too long for the first one with its key into its answer. */
export function asKeyInUse(error: unknown): unknown {
  if ((error as { code?: unknown } | null)?.code !== lockNotAvailable) return error;
  const detail = 'A request with this Idempotency-Key is still being handled. Send it again in a moment.';
  return new Problem(409, 'request-in-progress', detail, { cause: error, headers: { 'retry-after': '1' } });
}

function keyReused(): Problem {
  const detail = 'This Idempotency-Key was used for another body. Use a new key for a new request.';
  return new Problem(422, 'idempotency-key-reused', detail);
}
