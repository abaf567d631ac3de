import { type AppOps, NotOffered } from '../workers/app-ops.js';
import { reasonOf } from '../reason-of.js';
import type { WorkerReport } from './findings.js';

/**
 * Asks a consumer how it is. Resolves with why not where it does not say: one that is away holds up nobody. One of a
 * version that does not tell of its outbox is not away: nothing is known of its outbox.
 * @param now milliseconds since 1970
 */
export async function askConsumer(
  app: Pick<AppOps, 'readPause' | 'outbox'>,
  now: () => number,
): Promise<WorkerReport | string> {
  try {
    const [pause, outbox] = await Promise.all([app.readPause(), askOutbox(app)]);
    return { ...reportOfPause(pause, now()), ...(outbox && { outbox }) };
  } catch (error) {
    return `Its consumer does not answer: ${reasonOf(error)}`;
  }
}

/** Resolves with nothing where the app does not offer to say. */
async function askOutbox(app: Pick<AppOps, 'outbox'>): Promise<WorkerReport['outbox']> {
  try {
    const { waiting, held, setAside } = await app.outbox({ limit: 1 });
    const oldestAgeSeconds = Math.round(waiting.oldestAgeMs / 1_000);
    return { oldestAgeSeconds, heldKeys: held.keys, setAside: setAside.total };
  } catch (error) {
    if (error instanceof NotOffered) return undefined;
    throw error;
  }
}

/** A pause that somebody ordered is told before an outage that the consumer found. */
function reportOfPause({ ordered, paused }: Awaited<ReturnType<AppOps['readPause']>>, now: number): WorkerReport {
  const begins = [ordered, paused].flatMap((pause) => (pause ? [Date.parse(pause.since)] : []));
  if (begins.length === 0) return { pausedSeconds: 0 };
  const because = ordered ? `paused by hand: ${ordered.reason}` : `${paused?.dependency}: ${paused?.detail}`;
  return { pausedSeconds: Math.max(0, Math.round((now - Math.min(...begins)) / 1_000)), pausedBecause: because };
}
