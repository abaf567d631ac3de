import type { Clock } from '../clock.js';

/**
 * The machine's clock, which a test can push forward: for transports to a real broker, whose answers take real time.
 * Pending actions do not keep the process alive.
 */
export class AdvancingClock implements Clock {
  readonly #pending = new Set<() => void>();
  #offset = 0;

  now(): number {
    return Date.now() + this.#offset;
  }

  schedule(at: number, action: () => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      clearTimeout(timer);
      this.#pending.delete(plan);
    };
    const plan = (): void => {
      clearTimeout(timer);
      const run = (): void => {
        cancel();
        action();
      };
      timer = setTimeout(run, Math.max(0, at - this.now())).unref();
    };
    this.#pending.add(plan);
    plan();
    return cancel;
  }

  /** Pushes the clock forward; what fell due runs in the next turn of the event loop. */
  advance(ms: number): void {
    this.#offset += ms;
    for (const plan of [...this.#pending]) plan();
  }
}
