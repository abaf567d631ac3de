import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { Problem } from '@orderflow/service-kit';
import { noReplay, type ReplayRow } from './replay-store.js';

/** What can be asked of a replay. */
export type ReplayChange = 'pause' | 'resume' | 'cancel';

const wanted = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const;

/**
 * Changes the state of a replay; asking again for what is so already changes nothing. What is under way is finished.
 * Part of a transaction.
 * @throws Problem for a replay that is not known, or has ended otherwise
 */
export async function changeReplay(tx: SqlTransaction, id: string, change: ReplayChange, why: string): Promise<void> {
  const { rows } = await tx.query('SELECT * FROM ops_replays WHERE id = $1 FOR UPDATE', [id]);
  const replay = rows[0] as unknown as ReplayRow | undefined;
  if (!replay) throw noReplay(id);
  if (replay.state === wanted[change]) return;
  if (replay.state !== 'running' && replay.state !== 'paused') {
    throw new Problem(409, 'replay-ended', `Replay ${id} is ${replay.state} and cannot be ${wanted[change]} any more.`);
  }
  if (change === 'resume') {
    // Somebody has looked at those that were not confirmed, and goes on without them.
    await tx.query(
      "UPDATE ops_replay_letters SET state = 'unconfirmed' WHERE replay_id = $1 AND stage = $2 AND state = 'sent'",
      [id, replay.stage],
    );
    await tx.query("UPDATE ops_replays SET state = 'running', why = NULL WHERE id = $1", [id]);
  } else if (change === 'pause') {
    await tx.query("UPDATE ops_replays SET state = 'paused', why = $2 WHERE id = $1", [id, why]);
  } else {
    await endReplay(tx, id, 'cancelled', why);
  }
}

/** Ends a replay: letters whose turn has not come are free for others. Part of a transaction. */
export async function endReplay(
  tx: SqlTransaction,
  id: string,
  state: 'stopped' | 'cancelled' | 'done',
  why: string | null,
): Promise<void> {
  await tx.query(
    `UPDATE ops_replays SET state = $2, why = $3, ended_at = now() WHERE id = $1 AND state IN ('running', 'paused')`,
    [id, state, why],
  );
  await tx.query("UPDATE ops_replay_letters SET state = 'released' WHERE replay_id = $1 AND state = 'waiting'", [id]);
}
