import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { StageCounts } from './decide-replay.js';
import type { ReplayRow } from './replay-store.js';

/** A letter that is to be sent. */
export interface ReplayLetter {
  readonly n: number;
  readonly place: string;
  /** An earlier try may have sent it: it ended without saying so. */
  readonly isTriedBefore: boolean;
}

/** What became of a letter that was to be sent. */
export interface LetterOutcome {
  readonly n: number;
  readonly place: string;
  readonly state: 'waiting' | 'sent' | 'refused' | 'missing' | 'released';
  readonly detail?: string;
}

/** Replays that there is something to do for: those that run, and those with letters of which nobody knows. */
export async function readActive(db: SqlTransaction): Promise<readonly ReplayRow[]> {
  const { rows } = await db.query(
    `SELECT * FROM ops_replays WHERE state = 'running'
       OR (coalesce(ended_at, now()) > now() - (confirm_ms + 60000) * interval '1 ms' AND state <> 'done'
           AND EXISTS (SELECT FROM ops_replay_letters WHERE replay_id = id AND state IN ('sending', 'sent')))
       OR EXISTS (SELECT FROM ops_replay_letters WHERE replay_id = id AND state = 'sending')
     ORDER BY created_at, id`,
  );
  return rows as unknown as readonly ReplayRow[];
}

/** Whether a replay goes on: nobody has paused or cancelled it, nor has it ended. */
export async function isRunning(db: SqlTransaction, { id }: ReplayRow): Promise<boolean> {
  const { rows } = await db.query("SELECT FROM ops_replays WHERE id = $1 AND state = 'running'", [id]);
  return rows.length > 0;
}

/** The counts of the stage a replay is in, and the time since its last letter was sent. */
export async function countStage(
  db: SqlTransaction,
  { id, stage }: ReplayRow,
): Promise<{ readonly counts: StageCounts; readonly sinceSentMs: number }> {
  const { rows } = await db.query(
    `SELECT state, count(*)::int AS count, extract(epoch FROM now() - max(sent_at)) * 1000 AS since
     FROM ops_replay_letters WHERE replay_id = $1 AND stage = $2 GROUP BY state`,
    [id, stage],
  );
  const of = (state: string) => Number(rows.find((row) => row['state'] === state)?.['count'] ?? 0);
  const since = rows.flatMap((row) => (row['since'] === null ? [] : [Number(row['since'])]));
  return {
    counts: {
      ...{ waiting: of('waiting'), sending: of('sending'), sent: of('sent'), confirmed: of('confirmed') },
      ...{ failedAgain: of('failed-again'), unconfirmed: of('unconfirmed'), refused: of('refused') },
      ...{ missing: of('missing'), released: of('released') },
    },
    sinceSentMs: since.length === 0 ? Infinity : Math.min(...since),
  };
}

/**
 * Marks letters as about to be sent, and answers them with those that were before: only while the replay runs, so that a
 * pause or a cancel that was answered holds. Part of a transaction.
 */
export async function claim(
  tx: SqlTransaction,
  { id, stage }: ReplayRow,
  most: number,
): Promise<readonly ReplayLetter[]> {
  const { rows: running } = await tx.query("SELECT FROM ops_replays WHERE id = $1 AND state = 'running' FOR SHARE", [
    id,
  ]);
  if (running.length === 0) return [];
  const before = await tx.query(
    "SELECT n, place FROM ops_replay_letters WHERE replay_id = $1 AND state = 'sending' ORDER BY n LIMIT $2",
    [id, Math.max(1, most)],
  );
  const fresh = await tx.query(
    `UPDATE ops_replay_letters SET state = 'sending' WHERE replay_id = $1 AND n = ANY (ARRAY(
       SELECT n FROM ops_replay_letters WHERE replay_id = $1 AND stage = $2 AND state = 'waiting' ORDER BY n LIMIT $3))
     RETURNING n, place`,
    [id, stage, Math.max(0, most - before.rows.length)],
  );
  const lettersOf = (rows: readonly Record<string, unknown>[], isTriedBefore: boolean): ReplayLetter[] =>
    rows.map((row) => ({ n: Number(row['n']), place: String(row['place']), isTriedBefore }));
  return [...lettersOf(before.rows, true), ...lettersOf(fresh.rows, false)];
}

/** Letters of which nobody knows whether they were sent. */
export async function readUnknown(db: SqlTransaction, id: string): Promise<readonly ReplayLetter[]> {
  const { rows } = await db.query(
    "SELECT n, place FROM ops_replay_letters WHERE replay_id = $1 AND state = 'sending' ORDER BY n LIMIT 250",
    [id],
  );
  return rows.map((row) => ({ n: Number(row['n']), place: String(row['place']), isTriedBefore: true }));
}

/**
 * Writes what became of letters, in the index as well. Sent is final: a leader that lost its lease meanwhile may have
 * written something else of what it did not see. Part of a transaction.
 */
export async function recordOutcomes(
  tx: SqlTransaction,
  replay: ReplayRow,
  all: readonly LetterOutcome[],
): Promise<void> {
  await tx.query(
    `UPDATE ops_replay_letters letter SET state = o.state, detail = o.detail,
       sent_at = CASE WHEN o.state = 'sent' THEN now() END
     FROM unnest($2::int[], $3::text[], $4::text[]) AS o (n, state, detail)
     WHERE replay_id = $1 AND letter.n = o.n
       AND letter.state = ANY (CASE WHEN o.state = 'sent' THEN '{sending,waiting,missing,released}' ELSE '{sending}' END::text[])`,
    [replay.id, all.map(({ n }) => n), all.map(({ state }) => state), all.map(({ detail = null }) => detail)],
  );
  const sent = all.filter(({ state }) => state === 'sent').map(({ place }) => place);
  await tx.query(
    `UPDATE dead_letters SET gone_at = coalesce(gone_at, now()), outcome = 'replayed', outcome_id = $3
     WHERE queue = $1 AND place = ANY ($2::text[])`,
    [replay.queue, sent, replay.id],
  );
}

/** Letters that are dead letters once more, by the index. */
export async function markFailedAgain(db: SqlTransaction, { id, target }: ReplayRow): Promise<void> {
  await db.query(
    `UPDATE ops_replay_letters letter SET state = 'failed-again', detail = left(dead.reason || ': ' || dead.detail, 300)
     FROM dead_letters dead
     WHERE letter.replay_id = $1 AND letter.state IN ('sent', 'unconfirmed') AND dead.queue = $2
       AND dead.message_id = letter.message_id AND dead.generation > letter.generation`,
    [id, target],
  );
}

/** Ids of messages that were sent and are not known to be handled; at most 1,000, those sent first. */
export async function readUndecided(db: SqlTransaction, id: string): Promise<readonly string[]> {
  const { rows } = await db.query(
    "SELECT message_id FROM ops_replay_letters WHERE replay_id = $1 AND state = 'sent' ORDER BY sent_at, n LIMIT 1000",
    [id],
  );
  return rows.map((row) => String(row['message_id']));
}

export async function markConfirmed(db: SqlTransaction, id: string, messageIds: readonly string[]): Promise<void> {
  await db.query(
    `UPDATE ops_replay_letters SET state = 'confirmed', detail = NULL
     WHERE replay_id = $1 AND state = 'sent' AND message_id = ANY ($2::text[])`,
    [id, messageIds],
  );
}
