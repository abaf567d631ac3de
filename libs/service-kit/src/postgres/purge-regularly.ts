import type { Logger } from 'pino';
import { repeatEvery } from '../repeat-every.js';

/** Rows that mean nothing any more once they are old. */
export interface Purge {
  /** What is removed, for the log: `old inbox rows`. */
  readonly what: string;
  /** Milliseconds from one round to the next. */
  readonly everyMs: number;
  /** Removes what is old enough and returns how many rows that were. Safe in several replicas at once. */
  readonly remove: () => Promise<number>;
}

/** Removes old rows from time to time; the next round makes up for one that failed. Returns how to stop. */
export function purgeRegularly({ what, everyMs, remove }: Purge, logger: Logger): () => Promise<void> {
  const work = async () => {
    const rows = await remove();
    if (rows > 0) logger.info({ rows }, `removed ${what}`);
  };
  const onError = (error: unknown) => logger.warn({ err: error }, `${what} could not be removed; trying again later`);
  return repeatEvery({ everyMs, work, onError });
}
