import type { EndpointHealth } from '@orderflow/messaging';
import type { MessagingResources } from './messaging-resources.js';

/** Whether this replica is paused, and what was ordered for all of them. */
export interface PauseReport {
  readonly queue: string;
  /** What somebody ordered; null while nobody has. */
  readonly ordered: { readonly reason: string; readonly since: string } | null;
  /** What this replica does now, because of an order or of an outage; null while it consumes. */
  readonly paused: { readonly dependency: string; readonly detail: string; readonly since: string } | null;
}

export async function readPause({ pauses, queue, server }: MessagingResources): Promise<PauseReport> {
  const ordered = await pauses.find(queue);
  return {
    queue,
    ordered: ordered ? { reason: ordered.reason, since: ordered.since.toISOString() } : null,
    paused: pausedOf(server.health()),
  };
}

/** Orders a pause of every replica; this one pauses at once, the others when they look next. */
export async function orderPause(resources: MessagingResources, reason: string): Promise<void> {
  await resources.pauses.pause(resources.queue, reason);
  resources.pause(reason);
}

/** Ends what {@link orderPause} began. */
export async function endPause(resources: MessagingResources): Promise<void> {
  await resources.pauses.resume(resources.queue);
  resources.resume();
}

function pausedOf({ paused }: EndpointHealth): PauseReport['paused'] {
  return paused ? { dependency: paused.dependency, detail: paused.detail, since: paused.since.toISOString() } : null;
}
