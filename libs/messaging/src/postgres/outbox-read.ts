import type { Pool, QueryResult } from 'pg';
import type { Destination } from '../transport.js';
import type { Lease } from './bucket-leases.js';
import type { CopiedRow } from './copied-rows.js';
import { HELD_BUCKETS, type OutboxRow, readStored, toOutboxRow } from './outbox-rows.js';
import {
  BODIES_AT_ONCE,
  isFor,
  literals,
  named,
  parameters,
  type ReadRow,
  selectBatch,
  type Share,
} from './outbox-select.js';

/** Rows of held keys that one statement moves out of a bucket's way at most. */
const PARKED_AT_ONCE = 5_000;

/**
 * They leave the planner nothing but the order of an index, so that a batch costs the same however long the backlog is:
 * with the statistics of an empty table, which an outbox mostly is, it would read and sort whole buckets. What is left
 * counts as dear, and nothing of it is worth compiling.
 */
const KEEP_INDEX_ORDER = [
  ...['bitmapscan', 'seqscan', 'hashjoin', 'mergejoin', 'material', 'sort'].map((way) => `enable_${way} = off`),
  'jit = off',
];

/**
 * Where the settings hold for one statement only. Several statements in one message cannot have parameters: numbers and
 * hexadecimal digits stand for them.
 */
const forOneStatement = KEEP_INDEX_ORDER.map((setting) => `SET LOCAL ${setting}`).join('; ');

/**
 * What a connection that reads prepared is set to. Since only one plan is left, whatever the parameters and the
 * statistics are, it is made once.
 */
export const settingsToRead: readonly string[] = Object.freeze(
  [...KEEP_INDEX_ORDER, 'plan_cache_mode = force_generic_plan'].map((setting) => `SET ${setting}`),
);

/** How much is to be read. */
export interface BatchSize {
  /** Rows at most. */
  readonly limit: number;
  /** As many are expected; false when absent. */
  readonly isBacklog?: boolean;
}

/** The next rows of a share. */
export interface ReadRows {
  readonly rows: readonly OutboxRow[];
  /** There may be more of them. */
  readonly more: boolean;
  /** Rows of held keys stand in the way of others: {@link parkHeld} moves them. */
  readonly passedHeld: boolean;
}

/** Runs a statement that must not cost more with a longer table; answers the results of its parts. */
export async function queryByIndex(pool: Pool, ...statements: readonly string[]): Promise<readonly QueryResult[]> {
  const results: unknown = await pool.query([forOneStatement, ...statements].join('; '));
  return (results as QueryResult[]).slice(-statements.length);
}

/** Where rows are read. */
export interface ReadFrom {
  readonly pool: Pool;
  /** A connection with {@link settingsToRead} that keeps prepared statements; without one the pool reads. */
  readonly reading?: Reading | undefined;
}

/** As much of `pg`'s client as a read needs. */
export interface Reading {
  query(statement: PreparedRead): Promise<QueryResult<ReadRow>>;
  /** Runs a query without parameters. */
  copy<Row>(query: string, read: (row: CopiedRow) => Row): Promise<readonly Row[]>;
  /** Ends the connection. */
  end(): Promise<void>;
}

const preparedBatch = { name: 'outbox_batch', text: selectBatch(parameters) };

interface PreparedRead {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Ids are whole numbers, and larger than a number of JavaScript may be. */
function byId({ id: one }: ReadRow, { id: other }: ReadRow): number {
  return one.length - other.length || (one < other ? -1 : 1);
}

/** Has the read planned before a message waits for it. Rejects when the database fails. */
export async function prepareReads(reading: Reading): Promise<void> {
  await reading.query({ ...preparedBatch, values: [[], 'queue', '', 0] });
}

/** Rejects when the database fails, and gives up a connection that failed: it may be dead. */
async function read({ pool, reading }: ReadFrom, share: Share, size: BatchSize): Promise<readonly ReadRow[]> {
  if (reading === undefined) {
    const [result] = await queryByIndex(pool, selectBatch(literals(share, size.limit)));
    return (result?.rows ?? []) as readonly ReadRow[];
  }
  try {
    return await (size.isBacklog ? copyBatch : runPrepared)(reading, share, size.limit);
  } catch (error) {
    void reading.end().catch(() => undefined);
    throw error;
  }
}

async function runPrepared(reading: Reading, share: Share, limit: number): Promise<readonly ReadRow[]> {
  const { kind, name } = named(share.destination);
  const values = [share.leases.map(({ bucket }) => bucket), kind, name, limit];
  return (await reading.query({ ...preparedBatch, values })).rows;
}

/** Planned each time, and cheaper with many rows. */
function copyBatch(reading: Reading, share: Share, limit: number): Promise<readonly ReadRow[]> {
  return reading.copy(selectBatch(literals(share, limit)), (row) => ({
    ...readStored(row),
    attempts: row.integer(),
    is_due: row.boolean(),
    is_held: row.boolean(),
    due_at: row.timeOrNull(),
  }));
}

/**
 * Reads the oldest rows of a share that may be sent: those of held keys that are due, then those of keys that are not
 * held. A row with a lower id may commit after one with a higher id was sent; nothing is lost by that, since every read
 * begins at the lowest id. For one ordering key it means: transactions that write the same key at the same time have no
 * order among themselves. Who needs one locks first (say, the order's row) and adds to the outbox afterwards; ids then
 * follow the commits.
 */
export async function readRows(from: ReadFrom, share: Share, size: BatchSize): Promise<ReadRows> {
  const found = await read(from, share, size);
  const { limit } = size;
  const toRow = (stored: ReadRow): OutboxRow => toOutboxRow(stored, share.destination);
  const due = found.filter(({ is_due }) => is_due);
  const next = found.filter(({ is_due }) => !is_due);
  // Longest due first; a key's rows in their order.
  const dueRows = due
    .toSorted((one, other) => Number(one.due_at) - Number(other.due_at) || byId(one, other))
    .map(toRow);
  const free = next
    .filter(({ is_held }) => !is_held)
    .sort(byId)
    .map(toRow);
  // What was held is older; it gets half of a batch at least, and leaves the other half to the others.
  const fromDue = Math.min(dueRows.length, Math.max(Math.ceil(limit / 2), limit - free.length));
  const rows = [...dueRows.slice(0, fromDue), ...free.slice(0, limit - fromDue)];
  const passedHeld = free.length < next.length;
  const more =
    passedHeld ||
    rows.length >= limit ||
    rows.length < dueRows.length + free.length ||
    [due, next].some((read) => read.length >= limit || isLong(read));
  return { rows, more, passedHeld };
}

/** There may be more of them for their length. */
const isLong = (rows: readonly ReadRow[]): boolean =>
  rows.reduce((bytes, { body }) => bytes + body.length, 0) >= BODIES_AT_ONCE;

/**
 * Moves rows of held keys out of the way of the others, some thousands at a time. Each is moved once while its key is
 * held, so that no read has to pass it again.
 */
export async function parkHeld(pool: Pool, share: Share): Promise<void> {
  await queryByIndex(
    pool,
    `WITH passed AS (
       SELECT o.bucket, o.id FROM (VALUES ${leaseValues(share.leases)}) AS lease(bucket, token)
       JOIN outbox_buckets holder ON holder.bucket = lease.bucket AND holder.token = lease.token
       CROSS JOIN LATERAL (
         SELECT outbox.bucket, outbox.id, coalesce(outbox.ordering_key, outbox.message_id) AS key FROM outbox
         WHERE outbox.bucket = lease.bucket AND ${isFor(literals(share, PARKED_AT_ONCE))}
         ORDER BY outbox.destination, outbox.id LIMIT ${PARKED_AT_ONCE}
       ) o
       JOIN outbox_holds hold ON hold.bucket = o.bucket AND hold.ordering_key = o.key
     )
     UPDATE outbox SET bucket = outbox.bucket - ${HELD_BUCKETS} FROM passed
     WHERE outbox.bucket = passed.bucket AND outbox.id = passed.id`,
  );
}

/** The destinations that something waits for in these buckets, held or not. Costs the same however much waits. */
export async function waitingDestinations(pool: Pool, buckets: readonly number[]): Promise<readonly Destination[]> {
  if (buckets.length === 0) return [];
  const all = [...buckets, ...buckets.map((bucket) => bucket - HELD_BUCKETS)].map(Number);
  const firstOf = (bucket: string, after: string): string => `
    SELECT outbox.destination_kind AS kind, outbox.destination AS name FROM outbox
    WHERE outbox.bucket = ${bucket} ${after} ORDER BY outbox.destination_kind, outbox.destination LIMIT 1`;
  const [found] = await queryByIndex(
    pool,
    `WITH RECURSIVE waiting AS (
       SELECT wanted.bucket, one.kind, one.name FROM unnest(ARRAY[${all.join(', ')}]::smallint[]) AS wanted(bucket)
       CROSS JOIN LATERAL (${firstOf('wanted.bucket', '')}) one
       UNION ALL
       SELECT waiting.bucket, one.kind, one.name FROM waiting CROSS JOIN LATERAL (${firstOf(
         'waiting.bucket',
         'AND (outbox.destination_kind, outbox.destination) > (waiting.kind, waiting.name)',
       )}) one
     )
     SELECT DISTINCT kind, name FROM waiting`,
  );
  const rows = (found?.rows ?? []) as readonly { readonly kind: string; readonly name: string }[];
  return rows.map(({ kind, name }) => (kind === 'queue' ? { queue: name } : { topic: name }));
}

function leaseValues(leases: readonly Lease[]): string {
  return leases.map(({ bucket, token }) => `(${Number(bucket)}::smallint, ${BigInt(token)}::bigint)`).join(', ');
}
