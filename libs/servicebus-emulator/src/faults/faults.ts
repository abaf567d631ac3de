import { type Entity, queuesOf } from '../entities/entity.js';
import { BrokerError } from '../entities/errors.js';
import type { MessageQueue } from '../entities/message-queue.js';
import type { Registry } from '../entities/registry.js';
import { checkDisruption, checkFault } from './check-fault.js';
import type { ActiveFault, Disruption, Fault } from './fault.js';
import type { FaultPlan } from './fault-plan.js';

/** What the broker lets faults do to its clients. Without an entity it concerns all; the answers are counts. */
interface FaultPorts {
  readonly plan: FaultPlan;
  readonly registry: Registry;
  /** Ms since 1970. */
  readonly now: () => number;
  readonly dropConnections: (entity?: Entity) => number;
  readonly detachLinks: (error: BrokerError, entity?: Entity) => number;
}

/** Lets things go wrong on purpose, so that a test sees what its application does then. */
export class Faults {
  readonly #ports: FaultPorts;

  constructor(ports: FaultPorts) {
    this.#ports = ports;
  }

  /**
   * Plans a fault: from now on it happens, as often as it says.
   * @throws BrokerError argument-error that lists what is wrong with it, or not-found for an entity that does not exist
   */
  add(fault: Fault): ActiveFault {
    checkFault(fault);
    this.#entity(fault.entity);
    return this.#ports.plan.add(fault);
  }

  /** The faults that are not over yet. */
  list(): readonly ActiveFault[] {
    return this.#ports.plan.list();
  }

  /** Ends one fault, or all. @returns how many were ended */
  clear(id?: number): number {
    return this.#ports.plan.clear(id);
  }

  /**
   * Lets something go wrong at once.
   * @returns how many connections, links or locks it concerned
   * @throws BrokerError as {@link add} does
   */
  disrupt(disruption: Disruption): number {
    checkDisruption(disruption);
    const entity = this.#entity(disruption.entity);
    switch (disruption.kind) {
      case 'drop-connections':
        return this.#ports.dropConnections(entity);
      case 'detach-links':
        return this.#ports.detachLinks(forced(), entity);
      case 'expire-locks':
        return this.#expireLocks(entity);
    }
  }

  #expireLocks(entity: Entity | undefined): number {
    const entities = entity ? [entity] : [...this.#ports.registry.all()];
    const now = this.#ports.now();
    return entities.flatMap(queuesOf).reduce((count, queue) => count + expireLocks(queue, now), 0);
  }

  #entity(path: string | undefined): Entity | undefined {
    return path === undefined ? undefined : this.#ports.registry.get(path);
  }
}

function expireLocks(queue: MessageQueue, now: number): number {
  const { sessions } = queue;
  if (sessions) {
    const held = [...sessions.all()].filter(({ lock }) => lock);
    for (const session of held) sessions.lockExpired(session, now);
    return held.length;
  }
  const locked = [...queue.from(0)].filter(({ lock }) => lock);
  for (const message of locked) queue.timerFired(message, now);
  return locked.length;
}

function forced(): BrokerError {
  return new BrokerError('amqp:link:detach-forced', 'The link was detached by a fault.');
}
