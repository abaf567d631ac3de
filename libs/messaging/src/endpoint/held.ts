import type { Delivery } from '../transport.js';

/** `again`: try once more; `own`: the failure counts as the message's own; `release`: hand it back. */
export type Verdict = 'again' | 'own' | 'release';

interface Keeping {
  /** Undefined once it is promised another try, whatever becomes of others. */
  dependency: string | undefined;
  readonly end: (verdict: Verdict) => void;
  cancelTimer: () => void;
}

/** Deliveries that failed because of a dependency and are kept in hand, neither settled nor counted. */
export class Held {
  readonly #held = new Map<Delivery, Keeping>();

  get size(): number {
    return this.#held.size;
  }

  /** Those kept because of a dependency, or all, in the order in which they were kept. */
  all(dependency?: string): readonly Delivery[] {
    const held = [...this.#held].filter(([, keeping]) => dependency === undefined || keeping.dependency === dependency);
    return held.map(([delivery]) => delivery);
  }

  /** Keeps a delivery until {@link decide}; hands it back when its signal aborts. */
  keep(delivery: Delivery, dependency: string): Promise<Verdict> {
    const { signal } = delivery;
    if (signal.aborted) return Promise.resolve('release');
    return new Promise((resolve) => {
      const giveUp = (): void => this.decide(delivery, 'release');
      signal.addEventListener('abort', giveUp, { once: true });
      const end = (verdict: Verdict): void => {
        signal.removeEventListener('abort', giveUp);
        resolve(verdict);
      };
      this.#held.set(delivery, { dependency, end, cancelTimer: () => {} });
    });
  }

  /** Hands over what cancels a plan for the delivery; called when it is decided otherwise. */
  setTimer(delivery: Delivery, cancelTimer: () => void): void {
    const keeping = this.#held.get(delivery);
    if (!keeping) return cancelTimer();
    keeping.cancelTimer();
    keeping.cancelTimer = cancelTimer;
  }

  /** Ends the keeping of a delivery; does nothing when it has ended. */
  decide(delivery: Delivery, verdict: Verdict): void {
    const keeping = this.#held.get(delivery);
    if (!keeping) return;
    this.#held.delete(delivery);
    keeping.cancelTimer();
    keeping.end(verdict);
  }

  /** It is tried again in any case: no longer among those of its dependency. */
  promiseTry(delivery: Delivery): void {
    const keeping = this.#held.get(delivery);
    if (keeping) keeping.dependency = undefined;
  }

  releaseAll(): void {
    for (const delivery of this.all()) this.decide(delivery, 'release');
  }
}
