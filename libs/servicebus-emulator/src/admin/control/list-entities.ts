import type { Entity } from '../../entities/entity.js';
import type { EntityStatus } from '../../entities/options.js';
import type { Namespace } from '../../entities/namespace.js';
import { countsOf, type EntityCounts } from '../counts.js';

interface EntityLine {
  readonly kind: Entity['kind'];
  /** `orders`, `events/Subscriptions/billing`. */
  readonly path: string;
  readonly status: EntityStatus;
  readonly counts: EntityCounts;
}

/** Every entity with its counts; a topic before its subscriptions. */
export function listEntities({ registry }: Namespace): readonly EntityLine[] {
  return [...registry.all()].map((entity) => ({
    kind: entity.kind,
    path: entity.path,
    status: entity.options.status,
    counts: countsOf(entity),
  }));
}
