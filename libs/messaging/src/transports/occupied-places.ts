import type { SubscriptionHealth } from '../transport.js';

/** The places of a subscription that handlers keep beyond the settlement of their delivery. */
export class OccupiedPlaces {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Resolves when `until` has ended, however it ends; counts it until then. */
  async wait(until: readonly Promise<unknown>[]): Promise<void> {
    if (until.length === 0) return;
    this.#count += 1;
    await Promise.allSettled(until);
    this.#count -= 1;
  }

  /** What they say about a subscription that is otherwise `health`, with `concurrency` places. */
  judge(health: SubscriptionHealth, concurrency: number): SubscriptionHealth {
    const occupied = this.#count;
    if (occupied === 0) return health;
    if (health.state !== 'running' || occupied * 2 < concurrency) return { ...health, occupied };
    const detail = `${occupied} of ${concurrency} places are taken by handlers that ran past their time limit and have not returned.`;
    return { ...health, state: 'stalled', occupied, detail };
  }
}
