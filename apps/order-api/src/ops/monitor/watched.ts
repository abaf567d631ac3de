import type { Apps } from '../workers/apps.js';
import { askConsumer } from './ask-consumer.js';
import type { AskConsumer } from './monitor.js';

/** After how long without a look into a queue nobody knows how it is, in seconds: six looks, a minute at least. */
export function staleSecondsOf(indexIntervalMs: number): number {
  return Math.max(60, Math.ceil((6 * indexIntervalMs) / 1_000));
}

/** How the consumers of these queues are asked. @throws Problem 404 for a queue whose consumer nobody has named */
export function watchedConsumers(apps: Apps, queues: readonly string[]): ReadonlyMap<string, AskConsumer> {
  return new Map(queues.map((queue) => [queue, () => askConsumer(apps.requireConsumer(queue), Date.now)]));
}
