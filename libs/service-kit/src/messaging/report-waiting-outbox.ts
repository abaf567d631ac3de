import type { PostgresOutbox } from '@orderflow/messaging/postgres';
import type { Logger } from 'pino';
import { repeatEvery } from '../repeat-every.js';

const INTERVAL_MS = 60_000;
/** Younger rows are on their way; in ms. */
const NORMAL_AGE_MS = 15_000;

/** The line that the alert on the outbox's age looks for (`infra/terraform/modules/alerts`). */
const waitingOutboxMessage = 'messages wait in the outbox';
/** The lines of the alerts `outbox-set-aside` and `outbox-held`. */
const setAsideMessage = 'messages of the outbox were set aside';
const heldMessage = 'ordering keys of the outbox are held';

/**
 * Logs, once every `everyMs` milliseconds, how long the oldest message has waited if it waits too long, and how many
 * messages are set aside and keys held if there are any. Returns how to stop that.
 */
export function reportWaitingOutbox(
  outbox: Pick<PostgresOutbox, 'backlog'>,
  logger: Logger,
  everyMs = INTERVAL_MS,
): () => Promise<void> {
  const onError = (error: unknown) =>
    logger.warn({ err: error }, 'the outbox could not be looked at; it is tried again in a minute');
  return repeatEvery({ everyMs, work: () => reportOnce(outbox, logger), onError });
}

/** One look at the outbox. Rejects when the database does not answer. */
export async function reportOnce(outbox: Pick<PostgresOutbox, 'backlog'>, logger: Logger): Promise<void> {
  const { rows, oldestAgeMs, dead, heldKeys, heldRows } = await outbox.backlog();
  if (dead > 0) logger.warn({ outboxSetAside: dead }, setAsideMessage);
  if (heldKeys > 0) logger.warn({ outboxHeldKeys: heldKeys, outboxHeldRows: heldRows }, heldMessage);
  if (oldestAgeMs < NORMAL_AGE_MS) return;
  logger.warn({ outboxRows: rows, outboxOldestAgeSeconds: Math.round(oldestAgeMs / 1_000) }, waitingOutboxMessage);
}
