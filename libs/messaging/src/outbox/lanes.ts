import type { Destination } from '../transport.js';
import { type Lane, nameOf } from './lane.js';
import type { DestinationTrouble, RelayHealth } from './relay-health.js';

/** The lanes of a relay: one for each destination that has something to send, or had a moment ago. */
export class Lanes {
  readonly #create: (destination: Destination) => Lane;
  readonly #lanes = new Map<string, Lane>();

  constructor(create: (destination: Destination) => Lane) {
    this.#create = create;
  }

  /** Something waits for these destinations. Lanes of others are forgotten once they sleep. */
  wake(destinations: readonly Destination[]): void {
    const waiting = new Set(destinations.map(nameOf));
    for (const [name, lane] of this.#lanes) {
      if (!waiting.has(name) && lane.isAsleep) this.#lanes.delete(name);
    }
    for (const destination of destinations) this.#laneTo(destination).wake();
  }

  /** What a relay's health is as far as destinations go. `buckets`: how many it works on. */
  health(buckets: number): RelayHealth {
    const troubles = this.#troubles();
    if (troubles.length === 0) return { state: 'running', buckets };
    const detail = troubles.map(({ destination, code, detail: why }) => `${destination}: ${code}: ${why}`).join('; ');
    return { state: 'degraded', buckets, troubles, detail };
  }

  /** Whether the database fails. */
  get fails(): boolean {
    return [...this.#lanes.values()].some(({ failures }) => failures > 0);
  }

  /** Resolves when the batches in flight have ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.idle()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
  }

  #troubles(): readonly DestinationTrouble[] {
    return [...this.#lanes.values()].flatMap(({ trouble }) => (trouble === undefined ? [] : [trouble]));
  }

  #laneTo(destination: Destination): Lane {
    const name = nameOf(destination);
    const lane = this.#lanes.get(name) ?? this.#create(destination);
    this.#lanes.set(name, lane);
    return lane;
  }
}
