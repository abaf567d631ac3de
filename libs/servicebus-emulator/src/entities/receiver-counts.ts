import type { Entity } from './entity.js';
import { BrokerError } from './errors.js';
import { QUOTAS } from './quotas.js';

/** How many clients receive from which entity. All subscriptions of a topic count together. */
export class ReceiverCounts {
  readonly #counts = new Map<Entity, number>();

  /** @throws BrokerError server-busy when the entity has as many receivers as it may have */
  check(entity: Entity): void {
    if (this.#of(entity) < QUOTAS.receiversPerEntity) return;
    throw new BrokerError(
      'com.microsoft:server-busy',
      `'${entity.path}' has ${QUOTAS.receiversPerEntity} receivers, which is the most an entity may have. Close some, or try again later.`,
    );
  }

  entered(entity: Entity): void {
    this.#counts.set(counted(entity), this.#of(entity) + 1);
  }

  left(entity: Entity): void {
    const others = this.#of(entity) - 1;
    if (others > 0) this.#counts.set(counted(entity), others);
    else this.#counts.delete(counted(entity));
  }

  #of(entity: Entity): number {
    return this.#counts.get(counted(entity)) ?? 0;
  }
}

function counted(entity: Entity): Entity {
  return entity.kind === 'subscription' ? entity.topic : entity;
}
