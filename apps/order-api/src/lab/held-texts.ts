import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery, Settlement, Subscription, TransportError } from '@orderflow/messaging';
import type { LabBatch, ReceiveOptions } from './lab-queue.js';

/** A message that waits for what is to become of it. */
interface Held {
  readonly delivery: Delivery;
  readonly settle: (settlement: Settlement) => void;
}

const release: Settlement = { kind: 'release' };

/** What a subscription hands over, held until the batch is settled. */
export class HeldTexts {
  readonly #max: number;
  readonly #held: Held[] = [];
  readonly #failures: TransportError[] = [];
  #isOpen = true;
  #arrived = Promise.withResolvers<void>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Holds a delivery, or hands it back when no more are wanted. */
  readonly hold = (delivery: Delivery): Promise<Settlement> => {
    if (!this.#isOpen) return Promise.resolve(release);
    return new Promise((settle) => {
      this.#held.push({ delivery, settle });
      this.#arrived.resolve();
    });
  };

  /** For what went wrong outside a delivery, a settlement among that. */
  readonly failed = (error: TransportError): void => {
    this.#failures.push(error);
  };

  /** Why the broker cannot be reached; absent when nothing went wrong. */
  get cause(): TransportError | undefined {
    return this.#failures[0];
  }

  /** Resolves when none came for `idleTimeoutMs`, as many as wanted are held, or `signal` aborts. */
  async collect({ idleTimeoutMs, signal }: Pick<ReceiveOptions, 'idleTimeoutMs' | 'signal'>): Promise<void> {
    while (this.#held.length < this.#max && !signal.aborted) {
      const before = this.#held.length;
      this.#arrived = Promise.withResolvers();
      await within(idleTimeoutMs, signal, this.#arrived.promise);
      if (this.#held.length === before) break;
    }
    this.#isOpen = false;
  }

  /** What is held, as a batch that ends the subscription when it is settled. */
  batch(subscription: Subscription): LabBatch {
    const settle = async (settlement: Settlement): Promise<void> => {
      this.#failures.length = 0;
      for (const held of this.#held) held.settle(settlement);
      await subscription.stop();
      const lost = this.#held.filter(({ delivery }) => delivery.signal.aborted).length;
      const failed = Math.max(lost, this.#failures.length);
      if (failed === 0) return;
      throw new AggregateError(this.#failures, `${failed} of ${this.#held.length} lab messages were not settled`);
    };
    return {
      texts: this.#held.map(({ delivery }) => Buffer.from(delivery.envelope.body).toString('utf8')),
      complete: () => settle({ kind: 'complete' }),
      release: () => settle(release),
    };
  }
}

/** Resolves with `event`, when `ms` are over, or when `signal` aborts. */
async function within(ms: number, signal: AbortSignal, event: Promise<void>): Promise<void> {
  const over = new AbortController();
  const ended = pause(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => undefined);
  await Promise.race([event, ended]);
  over.abort();
}
