import { type Entity, queuesOf } from './entity.js';
import type { Registry } from './registry.js';

/** Cancels an entity's timers: nothing happens in it by itself any more. */
export function closeEntity(entity: Entity): void {
  entity.lifecycle.close();
  for (const queue of queuesOf(entity)) queue.close();
  if (entity.kind !== 'subscription') entity.duplicates?.close();
}

/**
 * Takes an entity out of the registry, a topic with its subscriptions. What still refers to it finds it empty: another
 * entity may get its name.
 * @returns what was deleted
 */
export function deleteEntity(registry: Registry, entity: Entity): readonly Entity[] {
  registry.remove(entity);
  const deleted = entity.kind === 'topic' ? [entity, ...entity.subscriptions.values()] : [entity];
  for (const one of deleted) {
    closeEntity(one);
    for (const queue of queuesOf(one)) queue.delete();
  }
  return deleted;
}
