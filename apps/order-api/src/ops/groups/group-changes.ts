import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { z } from 'zod';
import type { GroupView } from '../dead-letter-index/letter-view.js';
import { replayStates } from '../replays/replay-view.js';

/** How long before the first letter of a group something may have caused it, in hours. */
const hoursBefore = 24;
/** Entries of each kind, at most. */
const most = 50;

const instant = z.iso.datetime();
const optionalText = z.string().optional();

/** What was different when letters of a group began to come. */
export const groupChanges = z
  .object({
    group: z.string(),
    firstSeen: instant,
    versions: z
      .array(z.object({ version: z.string(), letters: z.int(), firstSeen: instant, lastSeen: instant }))
      .describe('Releases of the consumer that gave them up, where they say so; the first one first'),
    versionBefore: z
      .object({ version: z.string(), lastSeen: instant })
      .nullable()
      .describe("The last one that the queue's other letters name from before the first letter; null where none does"),
    markers: z
      .array(z.object({ id: z.string(), at: instant, title: z.string(), service: optionalText, version: optionalText }))
      .describe('From a day before the first letter to the last, oldest first'),
    alerts: z
      .array(z.object({ id: z.string(), kind: z.string(), since: instant, recoveredAt: instant.optional() }))
      .describe('Of the queue, open in the same time'),
    replays: z
      .array(
        z.object({
          ...{ id: z.uuid(), state: z.enum(replayStates), why: optionalText, note: z.string(), createdBy: z.string() },
          ...{ createdAt: instant, endedAt: instant.optional() },
          letters: z.int().describe('Of this group'),
          confirmed: z.int(),
          failedAgain: z.int(),
        }),
      )
      .describe('Newest first'),
  })
  .meta({ id: 'GroupChanges' });
export type GroupChanges = z.infer<typeof groupChanges>;

/** What is known of the time in which letters of a group came. */
export async function readChanges(db: SqlTransaction, group: GroupView): Promise<GroupChanges> {
  const { id, firstSeen } = group;
  return {
    ...{ group: id, firstSeen },
    versions: await readVersions(db, group),
    versionBefore: await readVersionBefore(db, group),
    markers: await readMarkers(db, group),
    alerts: await readAlerts(db, group),
    replays: await readReplays(db, id),
  };
}

async function readVersions(db: SqlTransaction, { id }: GroupView): Promise<GroupChanges['versions']> {
  const { rows } = await db.query(
    `SELECT consumer_version AS version, count(*) AS letters, min(enqueued_at) AS first, max(enqueued_at) AS last
     FROM dead_letters WHERE group_id = $1 AND consumer_version IS NOT NULL GROUP BY 1 ORDER BY 3, 1 LIMIT ${most}`,
    [id],
  );
  return rows.map((row) => ({
    ...{ version: String(row['version']), letters: Number(row['letters']) },
    ...{ firstSeen: textOf(row['first']), lastSeen: textOf(row['last']) },
  }));
}

async function readVersionBefore(
  db: SqlTransaction,
  { id, queue, firstSeen }: GroupView,
): Promise<GroupChanges['versionBefore']> {
  const { rows } = await db.query(
    `SELECT consumer_version AS version, enqueued_at AS last FROM dead_letters
     WHERE queue = $1 AND group_id <> $2 AND consumer_version IS NOT NULL AND enqueued_at < $3
     ORDER BY enqueued_at DESC LIMIT 1`,
    [queue, id, firstSeen],
  );
  const [row] = rows;
  return row ? { version: String(row['version']), lastSeen: textOf(row['last']) } : null;
}

async function readMarkers(db: SqlTransaction, group: GroupView): Promise<GroupChanges['markers']> {
  const { rows } = await db.query(
    `SELECT id, at, title, service, version FROM ops_markers
     WHERE at >= $1::timestamptz - interval '${hoursBefore} hours' AND at <= $2 ORDER BY at, id LIMIT ${most}`,
    [group.firstSeen, group.lastSeen],
  );
  return rows.map((row) => ({
    ...{ id: String(row['id']), at: textOf(row['at']), title: String(row['title']) },
    ...optional('service', row['service']),
    ...optional('version', row['version']),
  }));
}

async function readAlerts(db: SqlTransaction, group: GroupView): Promise<GroupChanges['alerts']> {
  const { rows } = await db.query(
    `SELECT id, kind, since, recovered_at FROM ops_alerts
     WHERE queue = $1 AND since <= $3
       AND coalesce(recovered_at, now()) >= $2::timestamptz - interval '${hoursBefore} hours'
     ORDER BY since, id LIMIT ${most}`,
    [group.queue, group.firstSeen, group.lastSeen],
  );
  return rows.map((row) => ({
    ...{ id: String(row['id']), kind: String(row['kind']), since: textOf(row['since']) },
    ...(row['recovered_at'] !== null && { recoveredAt: textOf(row['recovered_at']) }),
  }));
}

async function readReplays(db: SqlTransaction, group: string): Promise<GroupChanges['replays']> {
  const { rows } = await db.query(
    `WITH replayed AS (
       SELECT outcome_id AS id FROM dead_letters WHERE group_id = $1 AND outcome = 'replayed' GROUP BY 1),
     counted AS (
       SELECT letter.replay_id AS id, count(*) AS letters,
         count(*) FILTER (WHERE letter.state = 'confirmed') AS confirmed,
         count(*) FILTER (WHERE letter.state = 'failed-again') AS failed_again
       FROM replayed JOIN ops_replay_letters letter ON letter.replay_id = replayed.id
       JOIN dead_letters dead ON dead.queue = letter.queue AND dead.place = letter.place AND dead.group_id = $1
       GROUP BY 1)
     SELECT replay.id, state, why, note, created_by, created_at, ended_at, counted.letters, confirmed, failed_again
     FROM counted JOIN ops_replays replay USING (id) ORDER BY created_at DESC, id LIMIT ${most}`,
    [group],
  );
  return rows.map((row) => ({
    ...{ id: String(row['id']), state: row['state'] as GroupChanges['replays'][number]['state'] },
    ...optional('why', row['why']),
    ...{ note: String(row['note']), createdBy: String(row['created_by']), createdAt: textOf(row['created_at']) },
    ...(row['ended_at'] !== null && { endedAt: textOf(row['ended_at']) }),
    ...{ letters: Number(row['letters']), confirmed: Number(row['confirmed']) },
    failedAgain: Number(row['failed_again']),
  }));
}

function textOf(moment: unknown): string {
  return (moment as Date).toISOString();
}

/** A field where there is a value. */
function optional<Name extends string>(name: Name, value: unknown): { readonly [name in Name]?: string } {
  return value === null ? {} : ({ [name]: String(value) } as { readonly [name in Name]: string });
}
