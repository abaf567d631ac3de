import { orderedQueue } from '@orderflow/service-kit';

const consumers: readonly (readonly [queue: string, app: string])[] = [
  ['orders', 'order-worker'],
  ['billing', 'billing-worker'],
  ['analytics', 'analytics-worker'],
  ['order-status', 'order-api'],
];
const byQueue: ReadonlyMap<string, string> = new Map(
  consumers.flatMap(([queue, app]) => [
    [queue, app],
    [orderedQueue(queue), app],
  ]),
);
const apps: ReadonlySet<string> = new Set(byQueue.values());

/**
 * What the consumer of a queue is called: as its host where that is an app of this system (`http://billing-worker:3002`),
 * else as the usual consumer of the queue, else as the queue.
 */
export function appNameOf(queue: string, url: string): string {
  const [host = ''] = new URL(url).hostname.split('.');
  return apps.has(host) ? host : (byQueue.get(queue) ?? queue);
}
