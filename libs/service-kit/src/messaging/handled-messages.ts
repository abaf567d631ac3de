import type { SqlTransaction } from '@orderflow/messaging/postgres';

/** That a consumer of this app has handled a message. */
export interface HandledMessage {
  readonly messageId: string;
  readonly consumer: string;
  /** When the transaction of its effect began, by the database's clock. */
  readonly at: Date;
}

/** What the inbox of a database knows of messages: a row for each consumer that has handled one, until they are purged. */
export async function readHandled(db: SqlTransaction, ids: readonly string[]): Promise<readonly HandledMessage[]> {
  // The inbox is keyed by consumer first; there are few of them, and each is found with one look.
  const { rows } = await db.query(
    `WITH RECURSIVE consumers AS (
       (SELECT consumer FROM inbox ORDER BY consumer LIMIT 1)
       UNION ALL
       SELECT (SELECT consumer FROM inbox WHERE consumer > known.consumer ORDER BY consumer LIMIT 1)
       FROM consumers known WHERE known.consumer IS NOT NULL)
     SELECT message_id, consumer, handled_at FROM consumers JOIN inbox USING (consumer)
     WHERE message_id = ANY ($1::text[])`,
    [ids],
  );
  return rows.map((row) => ({
    messageId: String(row['message_id']),
    consumer: String(row['consumer']),
    at: row['handled_at'] as Date,
  }));
}

/** Those of the messages that a consumer of this database has handled. */
export async function handledOf(db: SqlTransaction, ids: readonly string[]): Promise<string[]> {
  const all = await readHandled(db, ids);
  return [...new Set(all.map(({ messageId }) => messageId))];
}
