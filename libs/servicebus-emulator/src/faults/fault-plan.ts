import { BrokerError } from '../entities/errors.js';
import type { ActiveFault, Fault } from './fault.js';

type Kind = Fault['kind'];
type Mutable = ActiveFault & { remaining: number };

/** What is planned to go wrong. The broker asks it at each place where something can; usually nothing is planned. */
export class FaultPlan {
  readonly #faults: Mutable[] = [];
  #lastId = 0;

  add(fault: Fault): ActiveFault {
    const active = { ...fault, id: ++this.#lastId, remaining: fault.times ?? 1 };
    this.#faults.push(active);
    return active;
  }

  list(): readonly ActiveFault[] {
    return this.#faults.map((fault) => ({ ...fault }));
  }

  /** Ends one fault, or all. @returns how many were ended */
  clear(id?: number): number {
    const before = this.#faults.length;
    const kept = id === undefined ? [] : this.#faults.filter((fault) => fault.id !== id);
    this.#faults.splice(0, before, ...kept);
    return before - kept.length;
  }

  /** @throws BrokerError when a send to the entity is to be refused */
  checkSend(entity: string): void {
    const fault = this.#take(['refuse-sends'], entity);
    if (fault?.kind === 'refuse-sends') {
      throw new BrokerError(fault.condition, fault.description ?? 'A fault refuses this send.');
    }
    this.checkBusy(entity);
  }

  /** @throws BrokerError when the broker is to be too busy for the entity */
  checkBusy(entity: string): void {
    if (!this.#take(['throttle'], entity)) return;
    throw new BrokerError(
      'com.microsoft:server-busy',
      'The request was terminated because the entity is being throttled. Please wait 10 seconds and try again.',
    );
  }

  losesSendReply(entity: string): boolean {
    return this.#take(['lose-send-replies'], entity) !== undefined;
  }

  /** What is to become of a settlement: ms to wait, or lost. */
  settlement(entity: string): number | 'lost' {
    const fault = this.#take(['lose-settlements', 'delay-settlements'], entity);
    if (!fault) return 0;
    return fault.kind === 'delay-settlements' ? fault.delayMs : 'lost';
  }

  /** The first fault of these kinds for the entity, which has happened once more thereby. */
  #take(kinds: readonly Kind[], entity: string): ActiveFault | undefined {
    if (this.#faults.length === 0) return undefined;
    const path = entity.toLowerCase();
    const index = this.#faults.findIndex(
      (one) => kinds.includes(one.kind) && (one.entity === undefined || one.entity.toLowerCase() === path),
    );
    const fault = this.#faults[index];
    if (fault && --fault.remaining === 0) this.#faults.splice(index, 1);
    return fault;
  }
}
