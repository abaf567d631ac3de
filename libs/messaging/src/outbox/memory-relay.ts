import type { Clock } from '../clock.js';
import { backoff } from '../retry/backoff.js';
import type { Transport } from '../transport.js';
import { BUCKETS } from './bucket.js';
import { holdPolicy } from './hold-policy.js';
import { defaultAnswerWithinMs, Outlet } from './outlet.js';
import { Outlets } from './outlets.js';
import type { MemoryOutbox } from './memory-outbox.js';
import type { Relay, RelayHealth } from './relay-health.js';

export interface MemoryRelayOptions {
  readonly transport: Pick<Transport, 'send'>;
  /** Called with everything that went wrong; the relay goes on by itself. The messaging's `onError` when absent. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Messages a batch; 500 when absent. */
  readonly batch?: number | undefined;
}

/** A relay's options with what its messaging gives it. */
interface MemoryRelaySetup {
  readonly transport: Pick<Transport, 'send'>;
  readonly onError: (error: unknown) => void;
  readonly batch: number;
  readonly outbox: MemoryOutbox;
  readonly clock: Clock;
  readonly random: () => number;
  /** Calls its argument whenever messages were committed; answers how to stop that. */
  readonly onWake: (listener: () => void) => () => void;
}

/** Moves a memory outbox to the broker: the outlets of the PostgreSQL relay, with one worker each. */
export class MemoryRelay implements Relay {
  readonly #outbox: MemoryOutbox;
  readonly #outlets: Outlets;
  readonly #unsubscribe: () => void;
  #stopped: Promise<void> | undefined;

  constructor({ outbox, transport, clock, random, batch, onError, onWake }: MemoryRelaySetup) {
    this.#outbox = outbox;
    this.#outlets = new Outlets(
      (destination) =>
        new Outlet({
          destination,
          workers: 1,
          clock,
          random,
          answerWithinMs: defaultAnswerWithinMs,
          transport,
          sendBatch: (send, { size }) => outbox.sendBatch(destination, size === 'one' ? 1 : batch, send),
          pauseMs: (failures) => backoff(holdPolicy, failures, random),
          onError,
        }),
    );
    this.#unsubscribe = onWake(() => this.wake());
    this.wake();
  }

  wake(): void {
    if (this.#stopped === undefined) this.#outlets.wake(this.#outbox.destinations());
  }

  health(): RelayHealth {
    if (this.#stopped !== undefined) return { state: 'stopped', buckets: 0, detail: 'The relay was stopped.' };
    return this.#outlets.health(BUCKETS);
  }

  stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopped ??= this.#outlets.stop();
    return this.#stopped;
  }
}
