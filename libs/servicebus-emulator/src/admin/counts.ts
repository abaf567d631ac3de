import { type Entity, queuesOf } from '../entities/entity.js';
import type { MessageQueue } from '../entities/message-queue.js';

/** How many messages an entity has. */
export interface EntityCounts {
  /** Available, locked or deferred: Azure counts deferred ones as active. */
  readonly active: number;
  /** Of the active ones. */
  readonly deferred: number;
  readonly scheduled: number;
  readonly deadLetter: number;
  readonly transferDeadLetter: number;
  /** All of the above. */
  readonly total: number;
  /** A topic's with those of its subscriptions. */
  readonly bytes: number;
}

/** Counts exactly, from what the queues know anyway. */
export function countsOf(entity: Entity): EntityCounts {
  const main = entity.main.counts;
  const deadLetter = entity.kind === 'topic' ? 0 : sizeOf(entity.deadLetters);
  const transferDeadLetter = entity.kind === 'topic' ? 0 : sizeOf(entity.transferDeadLetters);
  const active = main.active + main.deferred;
  return {
    active,
    deferred: main.deferred,
    scheduled: main.scheduled,
    deadLetter,
    transferDeadLetter,
    total: active + main.scheduled + deadLetter + transferDeadLetter,
    bytes: bytesOf(entity),
  };
}

function sizeOf({ counts }: MessageQueue): number {
  return counts.active + counts.deferred;
}

function bytesOf(entity: Entity): number {
  const owners = entity.kind === 'topic' ? [entity, ...entity.subscriptions.values()] : [entity];
  return owners.flatMap(queuesOf).reduce((sum, queue) => sum + queue.bytes, 0);
}
