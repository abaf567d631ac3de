import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lease } from './lease.js';

export interface LeaderOptions {
  readonly lease: Lease;
  /** As the lease's, in milliseconds; it is renewed three times in this time. */
  readonly leaseMs: number;
  /** What the leader does. Has to end soon after its signal is aborted: another leads from then on. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Called with what went wrong; the leader goes on trying. */
  readonly onError: (error: unknown) => void;
}

/** The time in which a replica leads. */
interface Term {
  readonly resign: () => void;
  /** Fulfilled once its work has ended. */
  readonly ended: Promise<void>;
  /** @param until on the clock of `performance.now` */
  readonly extend: (until: number) => void;
}

/** Works in the background while this replica holds the lease, and waits for the lease while another does. */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #term: Term | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  get isLeading(): boolean {
    return this.#term !== undefined;
  }

  /** Asks for the lease from now on. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the work, waits for it, and gives the lease up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#resign();
    await this.#options.lease.release().catch(this.#options.onError);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#ask();
      await delay(this.#options.leaseMs / 3, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #ask(): Promise<void> {
    // From before the question: the database counts from later on.
    const until = performance.now() + this.#options.leaseMs;
    try {
      if (!(await this.#options.lease.hold())) return await this.#resign();
      if (this.#stopping.signal.aborted) return;
      this.#term ??= this.#lead();
      this.#term.extend(until);
    } catch (error) {
      // A term goes on until its lease has run out: the next answer may come before that.
      this.#options.onError(error);
    }
  }

  #lead(): Term {
    const ending = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const resign = (): void => {
      clearTimeout(timer);
      ending.abort();
    };
    const ended = this.#options
      .work(ending.signal)
      .catch(this.#options.onError)
      .finally(() => {
        resign();
        this.#term = undefined;
      });
    const extend = (until: number): void => {
      clearTimeout(timer);
      if (!ending.signal.aborted) timer = setTimeout(resign, Math.max(0, until - performance.now())).unref();
    };
    return { resign, ended, extend };
  }

  async #resign(): Promise<void> {
    const term = this.#term;
    term?.resign();
    await term?.ended;
  }
}
