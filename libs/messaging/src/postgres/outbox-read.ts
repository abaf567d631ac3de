import type { Pool, QueryResult } from 'pg';
import type { Destination } from '../transport.js';
import type { Lease } from './bucket-leases.js';
import type { CopiedRow } from './copied-rows.js';
import { type OutboxRow, readStored, selectedColumns, type StoredMessage, toOutboxRow } from './outbox-rows.js';

/** A held row's bucket is this much lower, -16 to -1, so that whoever reads a bucket never passes it. */
export const HELD_BUCKETS = 16;
/** The bucket whose lease covers the row. */
export const leasedBucket = ({ bucket }: OutboxRow): number => (bucket < 0 ? bucket + HELD_BUCKETS : bucket);

/**
 * The bodies of rows that are due, and of others, are this long together at most, and one body more, in bytes: a relay may
 * have four batches of large messages in memory, and more of them wait the longer the broker was away.
 */
const BODIES_AT_ONCE = 8 * 2 ** 20;

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

/** What a worker works on. */
export interface Share {
  readonly destination: Destination;
  /** The buckets to read, in the order of their turn. */
  readonly leases: readonly Lease[];
}

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

interface PreparedRead {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** A row as {@link selectBatch} answers it. */
interface ReadRow extends StoredMessage {
  /** Its key was held and is due; it is stored out of the way. */
  readonly is_due: boolean;
  /** When its key is due; null where that is not held. */
  readonly due_at: Date | null;
  /** Its key is held, and it stands in the way. */
  readonly is_held: boolean;
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

/** SQL expressions. */
interface Terms {
  readonly buckets: string;
  readonly kind: string;
  readonly name: string;
  readonly limit: string;
}

const parameters: Terms = { buckets: '$1::smallint[]', kind: '$2::text', name: '$3::text', limit: '$4::bigint' };

function literals({ destination, leases }: Share, limit: number): Terms {
  const { kind, name } = named(destination);
  return {
    buckets: `ARRAY[${leases.map(({ bucket }) => Number(bucket)).join(', ')}]::smallint[]`,
    kind: `'${kind}'`,
    name: `convert_from(decode('${Buffer.from(name, 'utf8').toString('hex')}', 'hex'), 'UTF8')`,
    limit: String(Number(limit)),
  };
}

function named(destination: Destination): { readonly kind: 'queue' | 'topic'; readonly name: string } {
  return 'queue' in destination
    ? { kind: 'queue', name: destination.queue }
    : { kind: 'topic', name: destination.topic };
}

const selectNext = (terms: Terms): string => `
    SELECT o.* FROM unnest(${terms.buckets}) AS wanted(bucket)
    CROSS JOIN LATERAL (
      SELECT ${selectedColumns('outbox')}, 0 AS attempts, false AS is_due, hold.bucket IS NOT NULL AS is_held,
             NULL::timestamptz AS due_at
      FROM outbox LEFT JOIN outbox_holds hold
        ON hold.bucket = outbox.bucket AND hold.ordering_key = coalesce(outbox.ordering_key, outbox.message_id)
      WHERE outbox.bucket = wanted.bucket AND ${isFor(terms)}
      ORDER BY outbox.destination, outbox.id LIMIT ${terms.limit}
    ) o
    LIMIT ${terms.limit}`;

const selectDue = (terms: Terms): string => `
  SELECT o.* FROM (
    SELECT bucket, ordering_key, attempts, coalesce(due, until) AS due_at FROM outbox_holds
    WHERE bucket = ANY(${terms.buckets}) AND coalesce(due, until) <= now()
    ORDER BY coalesce(due, until)
  ) hold
  CROSS JOIN LATERAL (
    SELECT ${selectedColumns('outbox')}, hold.attempts, true AS is_due, false AS is_held, hold.due_at FROM outbox
    WHERE outbox.bucket = (hold.bucket - ${HELD_BUCKETS})::smallint AND outbox.bucket < 0 AND ${isFor(terms)}
      AND coalesce(outbox.ordering_key, outbox.message_id) BETWEEN hold.ordering_key AND hold.ordering_key
    ORDER BY coalesce(outbox.ordering_key, outbox.message_id), outbox.destination, outbox.id LIMIT ${terms.limit}
  ) o
  LIMIT ${terms.limit}`;

/**
 * Both in one round trip, in no order: rows leave the database as they are found, and are read meanwhile. To put them in
 * order there would keep the first of them back until the last is found.
 */
const selectBatch = (terms: Terms): string =>
  [selectDue(terms), selectNext(terms)].map((select) => `(${withinBytes(select)})`).join(' UNION ALL ');

/** The first of these rows: how long a body is can be told without reading it. */
const withinBytes = (select: string): string => `
  SELECT ${selectedColumns('o')}, o.attempts, o.is_due, o.is_held, o.due_at FROM (
    SELECT o.*, sum(octet_length(o.body)) OVER (ROWS UNBOUNDED PRECEDING) - octet_length(o.body) AS before
    FROM (${select}) o
  ) o WHERE o.before < ${BODIES_AT_ONCE}`;

const preparedBatch = { name: 'outbox_batch', text: selectBatch(parameters) };

/**
 * A range of one name instead of an equation: then only the index that has the name before the id gives the order asked
 * for. The primary key would give it as well otherwise, and lead past all that waits for others.
 */
function isFor({ kind, name }: Terms): string {
  // With the collation of the column: with another one no index could be used.
  const text = `(${name} COLLATE "default")`;
  return `outbox.destination_kind = ${kind} AND outbox.destination BETWEEN ${text} AND ${text}`;
}

function leaseValues(leases: readonly Lease[]): string {
  return leases.map(({ bucket, token }) => `(${Number(bucket)}::smallint, ${BigInt(token)}::bigint)`).join(', ');
}
