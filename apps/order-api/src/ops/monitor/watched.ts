import type { MessagingResources, TokenSource } from '@orderflow/service-kit';
import { askWorker, reportOfPause } from './ask-worker.js';
import type { WorkerReport } from './findings.js';
import type { AskConsumer } from './monitor.js';

/** After how long without a look into a queue nobody knows how it is, in seconds: six looks, a minute at least. */
export function staleSecondsOf(indexIntervalMs: number): number {
  return Math.max(60, Math.ceil((6 * indexIntervalMs) / 1_000));
}

/** This service itself, and the other consumers over HTTP: no service reads another's tables. */
export function watchedConsumers(
  own: Pick<MessagingResources, 'queue' | 'messaging' | 'pauses' | 'server'>,
  { workers, token }: { readonly workers: ReadonlyMap<string, string>; readonly token: TokenSource | undefined },
): ReadonlyMap<string, AskConsumer> {
  const others = [...workers].map(([queue, url]): [string, AskConsumer] => [
    queue,
    (signal) => askWorker(url, { token, now: Date.now, signal }),
  ]);
  return new Map([...others, [own.queue, () => reportOfItself(own)]]);
}

async function reportOfItself({
  queue,
  messaging,
  pauses,
  server,
}: Parameters<typeof watchedConsumers>[0]): Promise<WorkerReport> {
  const [ordered, backlog] = await Promise.all([pauses.find(queue), messaging.outbox.backlog()]);
  const { paused } = server.health();
  const pause = reportOfPause(
    {
      ordered: ordered ? { reason: ordered.reason, since: ordered.since.getTime() } : null,
      paused: paused ? { ...paused, since: paused.since.getTime() } : null,
    },
    Date.now(),
  );
  const { oldestAgeMs, dead: setAside, heldKeys } = backlog;
  return { ...pause, outbox: { oldestAgeSeconds: Math.round(oldestAgeMs / 1_000), setAside, heldKeys } };
}
