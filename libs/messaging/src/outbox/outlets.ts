import type { Destination } from '../transport.js';
import { type Outlet, nameOf } from './outlet.js';
import type { DestinationTrouble, RelayHealth } from './relay-health.js';

/** The outlets of a relay: one for each destination that has something to send, or had a moment ago. */
export class Outlets {
  readonly #create: (destination: Destination) => Outlet;
  readonly #outlets = new Map<string, Outlet>();

  constructor(create: (destination: Destination) => Outlet) {
    this.#create = create;
  }

  /** Something waits for these destinations. Outlets of others are forgotten once they sleep. */
  wake(destinations: readonly Destination[]): void {
    const waiting = new Set(destinations.map(nameOf));
    for (const [name, outlet] of this.#outlets) {
      if (!waiting.has(name) && outlet.isAsleep) this.#outlets.delete(name);
    }
    this.begin(destinations);
  }

  /** Something was added for these destinations. */
  begin(destinations: readonly Destination[]): void {
    const outlets = new Set(destinations.map((destination) => this.#outletTo(destination)));
    for (const outlet of outlets) outlet.wake();
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
    return [...this.#outlets.values()].some(({ failures }) => failures > 0);
  }

  /** Resolves when the batches in flight have ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#outlets.values()].map((outlet) => outlet.idle()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#outlets.values()].map((outlet) => outlet.stop()));
  }

  #troubles(): readonly DestinationTrouble[] {
    return [...this.#outlets.values()].flatMap(({ trouble }) => (trouble === undefined ? [] : [trouble]));
  }

  #outletTo(destination: Destination): Outlet {
    const name = nameOf(destination);
    const outlet = this.#outlets.get(name) ?? this.#create(destination);
    this.#outlets.set(name, outlet);
    return outlet;
  }
}
