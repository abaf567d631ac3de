import { deliveryIn, scopeWithin } from './abort-scope.js';
import type { Clock } from './clock.js';
import { Deadlines } from './deadlines.js';
import type { Delivery } from './transport.js';

/** A handler did not return within its time limit. Its attempt counts, and it may still be running. */
export class HandlerTimeoutError extends Error {
  override readonly name = 'HandlerTimeoutError';

  constructor(
    /** The limit in ms. */
    readonly timeoutMs: number,
  ) {
    super(`The handler did not return within its time limit of ${timeoutMs} ms`);
  }
}

/** Holds the runs of handlers to their time limits. */
export class TimeLimits {
  readonly #clock: Clock;
  /** By time limit: one for each that a handler has. */
  readonly #deadlines = new Map<number, Deadlines>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `work` with a delivery whose signal is aborted at the limit too. At the limit it rejects, and the delivery's
   * slot stays taken until `work` really ends; what `work` still answers or throws then is of no use to anybody.
   * @throws HandlerTimeoutError at the limit
   */
  run(timeoutMs: number, delivery: Delivery, work: (delivery: Delivery) => Promise<void>): Promise<void> {
    const limit = scopeWithin(delivery);
    const running = begin(work, deliveryIn(limit, delivery));
    const deadlines = this.#of(timeoutMs);
    return new Promise((resolve, reject) => {
      const deadline = deadlines.plan(() => {
        const error = new HandlerTimeoutError(timeoutMs);
        delivery.occupied?.(running);
        limit.abort(error);
        reject(error);
      });
      const ended = (): void => {
        deadlines.takeBack(deadline);
        limit.detach();
      };
      running.then(
        () => {
          ended();
          resolve();
        },
        (error: unknown) => {
          ended();
          reject(error as Error);
        },
      );
    });
  }

  #of(timeoutMs: number): Deadlines {
    const known = this.#deadlines.get(timeoutMs);
    if (known !== undefined) return known;
    const deadlines = new Deadlines(this.#clock, timeoutMs);
    this.#deadlines.set(timeoutMs, deadlines);
    return deadlines;
  }
}

/** What it throws at once it rejects with. */
function begin(work: (delivery: Delivery) => Promise<void>, delivery: Delivery): Promise<void> {
  try {
    return work(delivery);
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
