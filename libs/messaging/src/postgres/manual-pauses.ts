import type { SqlTransaction } from './sql-transaction.js';

/** A pause that somebody ordered. */
export interface ManualPause {
  /** For people. */
  readonly reason: string;
  readonly since: Date;
}

/** The pauses that people order, as rows in the app's own database, so that every replica finds them. */
export interface ManualPauses {
  /** Undefined while nobody has paused the queue. Rejects when the database does not answer. */
  find(queue: string): Promise<ManualPause | undefined>;
  /** Pauses the queue; when it is paused already only the reason changes. */
  pause(queue: string, reason: string): Promise<ManualPause>;
  /** Ends the pause; does nothing when there is none. */
  resume(queue: string): Promise<void>;
}

/** Pauses in the table `messaging_pauses` of {@link messagingSchema}. */
export function createManualPauses(database: SqlTransaction): ManualPauses {
  const first = async (text: string, values: unknown[]): Promise<ManualPause | undefined> => {
    const { rows } = await database.query(text, values);
    return rows[0] as ManualPause | undefined;
  };
  return {
    find: (queue) => first('SELECT reason, since FROM messaging_pauses WHERE queue = $1', [queue]),
    async pause(queue, reason) {
      const pause = await first(
        `INSERT INTO messaging_pauses (queue, reason) VALUES ($1, $2)
         ON CONFLICT (queue) DO UPDATE SET reason = EXCLUDED.reason RETURNING reason, since`,
        [queue, reason],
      );
      if (!pause) throw new Error(`The pause of queue "${queue}" was not stored.`);
      return pause;
    },
    async resume(queue) {
      await database.query('DELETE FROM messaging_pauses WHERE queue = $1', [queue]);
    },
  };
}
