import type { Clock } from '../../clock.js';
import type { Consume, TransportError } from '../../transport.js';
import { InFlight } from '../in-flight.js';
import { OccupiedPlaces } from '../occupied-places.js';
import type { HeldSession, SessionSource } from './held-session.js';
import { Interrupt } from './interrupt.js';
import { ServedSession } from './served-session.js';
import { WaitingSessions } from './waiting-sessions.js';

export interface SessionProcessorOptions {
  readonly queue: string;
  readonly consume: Consume;
  readonly source: SessionSource;
  readonly clock: Clock;
  readonly onError: (error: TransportError) => void;
}

/** One that takes a session, serves it, and takes the next. */
interface Worker {
  isLeaving: boolean;
}

/**
 * Serves the sessions of one queue, up to a limit at a time: accepts one, handles its messages in their order, and lets go
 * of it when it has none left. Knows no broker: sessions come from a {@link SessionSource}.
 */
export class SessionProcessor {
  readonly inFlight = new InFlight();
  readonly occupied = new OccupiedPlaces();
  readonly #options: SessionProcessorOptions;
  readonly #interrupt = new Interrupt();
  readonly #waiting = new WaitingSessions();
  readonly #serving = new Set<Promise<void>>();
  #limit = 0;
  #workers = 0;

  constructor(options: SessionProcessorOptions) {
    this.#options = options;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Sessions that are held now. */
  get held(): number {
    return this.#serving.size;
  }

  /** Sessions that are held only until their message is tried again. */
  get waiting(): number {
    return this.#waiting.count;
  }

  /**
   * Sets how many sessions there may be, 0 or more. Of those above it the ones without a message in hand are given back
   * now, the others when that is settled.
   */
  setLimit(limit: number): void {
    const isLower = limit < this.#limit;
    this.#limit = limit;
    if (isLower) this.#interrupt.now();
    while (this.#workers < limit) {
      this.#workers += 1;
      void this.#work({ isLeaving: false });
    }
  }

  /** Makes everybody who holds a session without a message in hand give it back, and take another. */
  renew(): void {
    this.#interrupt.now();
  }

  /** Takes no more sessions; resolves when those that are held were given back, after `drainTimeoutMs` unfinished. */
  async drain(drainTimeoutMs: number): Promise<void> {
    this.setLimit(0);
    await this.inFlight.drain(drainTimeoutMs, this.#options.clock);
    await Promise.all(this.#serving);
  }

  async #work(worker: Worker): Promise<void> {
    while (!this.#leaves(worker)) {
      const session = await this.#options.source.accept(this.#interrupt.signal);
      if (session === undefined) continue;
      const serving = this.#serve(session, worker);
      this.#serving.add(serving);
      await serving;
      this.#serving.delete(serving);
    }
  }

  #serve(session: HeldSession, worker: Worker): Promise<void> {
    const { queue, consume, clock, onError } = this.#options;
    const served = new ServedSession(session, {
      queue,
      consume,
      clock,
      onError,
      inFlight: this.inFlight,
      occupied: this.occupied,
      interrupt: this.#interrupt,
      isEnough: () => this.#leaves(worker),
      beginWaiting: () => this.#waiting.begin(this.#limit),
      endWaiting: () => this.#waiting.end(),
    });
    return served.serve();
  }

  /** Whether this one is one too many; then its place is gone. */
  #leaves(worker: Worker): boolean {
    if (worker.isLeaving || this.#workers <= this.#limit) return worker.isLeaving;
    worker.isLeaving = true;
    this.#workers -= 1;
    return true;
  }
}
