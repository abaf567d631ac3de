import { orderedQueue } from '@orderflow/service-kit';
import type { OpsConfig, OpsPlace } from './ops-variables.js';

type Operated = Pick<OpsConfig, 'OPS_QUEUES' | 'OPS_WORKERS' | 'ORDERED'>;

const queues = ['orders', 'billing', 'analytics', 'order-status'];
/** Those that have one with sessions beside them, which is consumed instead where `ORDERED` is true. */
const withOrdered: ReadonlySet<string> = new Set(['orders', 'billing', 'order-status']);
/** Of the topic `events`; each forwards to the queue of its name. */
const subscriptions = ['billing', 'analytics', 'order-status'];

/** The places that are operated: those that `OPS_QUEUES` names, else those of `infra/servicebus`. */
export function placesOf({ OPS_QUEUES: given, ORDERED: isOrdered = false }: Operated): readonly OpsPlace[] {
  if (given !== undefined) return given;
  const consumed = (queue: string) => (isOrdered && withOrdered.has(queue) ? orderedQueue(queue) : queue);
  const all = new Set([...queues, ...queues.map(consumed)]);
  return [
    ...[...all].map((name) => ({ name, target: name })),
    ...subscriptions.map((name) => ({ name: `events/subscriptions/${name}`, target: consumed(name) })),
  ];
}

/**
 * Where the consumers of queues answer: as `OPS_WORKERS` says. Where `ORDERED` is true, who consumes a queue consumes the one
 * with sessions beside it, unless `OPS_WORKERS` names somebody else.
 */
export function consumersOf(config: Operated): ReadonlyMap<string, string> {
  const { OPS_WORKERS: named, ORDERED: isOrdered = false } = config;
  if (!isOrdered) return named;
  const operated = new Set(placesOf(config).map(({ name }) => name));
  const besides = [...named]
    .map(([queue, url]) => [orderedQueue(queue), url] as const)
    .filter(([queue]) => operated.has(queue));
  return new Map([...besides, ...named]);
}
