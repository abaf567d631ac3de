import type { Clock } from '../clock.js';
import { LinkedList, type Place } from '../linked-list.js';
import { RunningDelivery } from './running-delivery.js';

/** How long a stop waits for running deliveries by default, in milliseconds. */
export const defaultDrainTimeoutMs = 30_000;

/** The deliveries of one subscription that are being handled: counts them, waits for them, gives up on them. */
export class InFlight {
  readonly #running = new LinkedList<RunningDelivery>();
  readonly #idleWaiters: (() => void)[] = [];

  get size(): number {
    return this.#running.size;
  }

  /** Runs one delivery from receipt to settlement; `work` must not reject. */
  async run(work: (running: RunningDelivery) => Promise<void>): Promise<void> {
    const place = this.enter();
    try {
      await work(place.item);
    } finally {
      this.leave(place);
    }
  }

  /** Begins with one delivery; to be followed by {@link leave}. */
  enter(): Place<RunningDelivery> {
    return this.#running.add(new RunningDelivery());
  }

  /** A delivery is settled, or will not be. */
  leave(place: Place<RunningDelivery>): void {
    this.#running.remove(place);
    if (this.#running.size === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** Resolves when nothing runs any more; after `drainTimeoutMs` what still runs is released. */
  async drain(drainTimeoutMs: number, clock: Clock): Promise<void> {
    if (this.#running.size === 0) return;
    const cancel = clock.schedule(clock.now() + drainTimeoutMs, () => {
      for (const running of [...this.#running]) running.release();
    });
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    cancel();
  }
}
