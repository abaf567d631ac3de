import type { Clock } from '../clock.js';
import { rampLimit } from './ramp.js';

/** The part of a subscription that is steered. */
export interface Throttle {
  setConcurrency(limit: number): Promise<void>;
}

/** Who may stop or slow the receiving of an endpoint. */
export type Holder = 'outage' | 'manual' | 'isolation';

interface FlowOptions {
  /** Deliveries at a time when nothing holds the endpoint back. */
  readonly concurrency: number;
  /** How long each step lasts after a pause, in ms. */
  readonly resumeStepMs: number;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * How many deliveries an endpoint may have at a time: the lowest of what its holders allow, and after they let go 1 at
 * first, doubled with each step.
 */
export class Flow {
  readonly #options: FlowOptions;
  readonly #holders = new Map<Holder, number>();
  #throttle: Throttle | undefined;
  /** Steps taken since receiving began again; undefined while nothing is held back. */
  #steps: number | undefined;
  #hasProgressed = false;
  #cancelStep: () => void = () => {};
  #applied: number;
  #applying: Promise<void> = Promise.resolve();

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#applied = options.concurrency;
  }

  /** The subscription exists from now on; it began with the full concurrency. */
  attach(throttle: Throttle): Promise<void> {
    this.#throttle = throttle;
    return this.#apply();
  }

  /** True after a pause until the concurrency is the configured one again. */
  get isRamping(): boolean {
    return this.#steps !== undefined;
  }

  /** Allows at most `limit` deliveries, 0 for none, until {@link free}. Resolves when the subscription keeps to it. */
  limitTo(holder: Holder, limit: number): Promise<void> {
    this.#holders.set(holder, limit);
    this.#endRamp();
    return this.#apply();
  }

  /** Lets go; when nobody holds the endpoint any more, receiving begins again with one at a time. */
  free(holder: Holder): void {
    if (!this.#holders.delete(holder) || this.#holders.size > 0) return void this.#apply();
    this.#steps = 0;
    this.#planStep();
  }

  /** A delivery came to an end of its own: the next step may be taken. */
  progressed(): void {
    this.#hasProgressed = true;
  }

  stop(): void {
    this.#endRamp();
    this.#throttle = undefined;
  }

  /** However long the broker takes to deliver again, no step is taken before something was handled at the last one. */
  #step(): void {
    if (this.#steps === undefined) return;
    if (this.#hasProgressed) this.#steps += 1;
    this.#planStep();
  }

  #planStep(): void {
    const { clock, resumeStepMs, concurrency } = this.#options;
    this.#hasProgressed = false;
    if (this.#limit() >= concurrency) this.#endRamp();
    else this.#cancelStep = clock.schedule(clock.now() + resumeStepMs, () => this.#step());
    void this.#apply();
  }

  #endRamp(): void {
    this.#cancelStep();
    this.#steps = undefined;
  }

  #limit(): number {
    const { concurrency } = this.#options;
    const ramp = this.#steps === undefined ? concurrency : rampLimit(this.#steps, concurrency);
    return Math.min(ramp, ...this.#holders.values());
  }

  /** One change at a time, and always to what holds by then. */
  #apply(): Promise<void> {
    this.#applying = this.#applying.then(async () => {
      const limit = this.#limit();
      if (!this.#throttle || limit === this.#applied) return;
      this.#applied = limit;
      await this.#throttle.setConcurrency(limit).catch(this.#options.onError);
    });
    return this.#applying;
  }
}
