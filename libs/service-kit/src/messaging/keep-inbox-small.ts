import type { PostgresInbox } from '@orderflow/messaging/postgres';
import type { Logger } from 'pino';

const DAY_MS = 86_400_000;
/** Longer than a message may come again: attempts, delays and lock durations of our defaults end within hours. */
const RETENTION_MS = 30 * DAY_MS;
const INTERVAL_MS = 3_600_000;

/** Removes what the inbox need not remember any longer, every hour. Returns how to stop that. */
export function keepInboxSmall(inbox: Pick<PostgresInbox, 'purge'>, logger: Logger): () => void {
  const timer = setInterval(() => {
    inbox.purge({ olderThanMs: RETENTION_MS }).catch((error: unknown) => {
      logger.warn({ err: error }, 'old inbox rows could not be removed; it is tried again in an hour');
    });
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
