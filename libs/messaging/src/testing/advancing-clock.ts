import type { Clock } from '../clock.js';

interface Pending {
  readonly at: number;
  run(): void;
  plan(): void;
}

/**
 * The machine's clock, which a test can push forward: for transports to a real broker, whose answers take real time.
 * Pending actions do not keep the process alive.
 */
export class AdvancingClock implements Clock {
  readonly #pending = new Set<Pending>();
  #offset = 0;

  now(): number {
    return Date.now() + this.#offset;
  }

  elapsed(): number {
    return performance.now() + this.#offset;
  }

  schedule(at: number, action: () => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      clearTimeout(timer);
      this.#pending.delete(pending);
    };
    const pending: Pending = {
      at,
      run: () => {
        cancel();
        action();
      },
      plan: () => {
        clearTimeout(timer);
        timer = setTimeout(() => pending.run(), Math.max(0, at - this.now())).unref();
      },
    };
    this.#pending.add(pending);
    pending.plan();
    return cancel;
  }

  /** Pushes the clock forward, runs what fell due, in order, and returns. */
  advance(ms: number): void {
    this.#offset += ms;
    const now = this.now();
    const due = [...this.#pending].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    for (const pending of due) if (this.#pending.has(pending)) pending.run();
    for (const pending of this.#pending) pending.plan();
  }

  /** Pushes the clock forward as a freeze of the process does: what fell due runs afterwards, in turns of its own. */
  jump(ms: number): void {
    this.#offset += ms;
    for (const pending of this.#pending) pending.plan();
  }
}
