import type { PostgresMessaging } from '@orderflow/messaging/postgres';
import type { Purge } from '../postgres/purge-regularly.js';

const HOUR_MS = 3_600_000;
/** Longer than a message may come again: attempts, delays and lock durations of our defaults end within hours. */
const RETENTION_MS = 30 * 24 * HOUR_MS;

/** Removes, every hour, what the inbox need not remember any longer. */
export function purgeOfInbox(inbox: Pick<PostgresMessaging['inbox'], 'purge'>): Purge {
  return { what: 'old inbox rows', everyMs: HOUR_MS, remove: () => inbox.purge({ olderThanMs: RETENTION_MS }) };
}
