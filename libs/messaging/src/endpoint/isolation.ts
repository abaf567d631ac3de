import type { Clock } from '../clock.js';
import type { Delivery, Settlement } from '../transport.js';
import type { Flow } from './flow.js';
import { wait } from './wait.js';

/** The reason of a dead letter whose handling ended its process again and again. */
const CRASHED_REPEATEDLY = 'CrashedRepeatedly';
/** A message of which so many deliveries ended without a settlement is isolated: from then on it runs alone. */
const isolatedAfter = 2;
/** One of which so many ended since it was isolated is not handled again. */
const givenUpAfter = 2;
/** How long it waits then, in ms: whoever ends processes one after the other is through by the time it runs. */
const quietMs = 5_000;
/** How long the others may finish before they are handed back, in ms. */
const finishMs = 10_000;
const pollMs = 10;

interface IsolationOptions {
  readonly flow: Flow;
  readonly clock: Clock;
  /** Deliveries of the subscription that are not settled yet. */
  readonly unsettled: () => number;
  /** Hands back what only waits, and nothing waits any more until `reopen`. */
  readonly clear: () => void;
  readonly reopen: () => void;
  /** Aborts the handlers of all deliveries but this one. */
  readonly abortOthers: (delivery: Delivery) => void;
  readonly onIsolated: (delivery: Delivery) => void;
}

/**
 * Keeps a message that ends its process from taking its neighbours along. A process that ends leaves all unsettled that it
 * has in hand, begun or not: so the first two times blame nobody. What they happened to is isolated, which is stored with
 * the message: it comes again after a while and runs with nothing else in hand. Only what ends unsettled then counts
 * against it, and once may still be chance.
 */
export class Isolation {
  readonly #options: IsolationOptions;
  #alone: Delivery | undefined;

  constructor(options: IsolationOptions) {
    this.#options = options;
  }

  /** Whether a delivery is alone, or is going to be. */
  get isUnderWay(): boolean {
    return this.#alone !== undefined;
  }

  /** Undefined when the delivery may be handled, and then to be followed by {@link ended}; else what becomes of it. */
  async admit(delivery: Delivery): Promise<Settlement | undefined> {
    const { unsettled, unsettledAlone } = delivery;
    const isIsolated = unsettledAlone !== undefined;
    if (!isIsolated && unsettled >= isolatedAfter) return isolate;
    if (isIsolated && unsettledAlone >= givenUpAfter) return crashedRepeatedly(unsettled, unsettledAlone);
    if (this.#alone) return { kind: 'release' };
    if (!isIsolated) return undefined;
    this.#alone = delivery;
    await this.#emptyHands(delivery);
    if (!delivery.signal.aborted) {
      this.#options.onIsolated(delivery);
      return undefined;
    }
    this.ended(delivery);
    return { kind: 'release' };
  }

  /** A delivery leaves; when it was alone, receiving begins again with one at a time. */
  ended(delivery: Delivery): void {
    if (this.#alone !== delivery) return;
    this.#alone = undefined;
    this.#options.reopen();
    this.#options.flow.free('isolation');
  }

  /** Nothing new is received, what waits is handed back, what runs may finish for a while. */
  async #emptyHands(delivery: Delivery): Promise<void> {
    const { flow, clock, unsettled, clear, abortOthers } = this.#options;
    const { signal } = delivery;
    const held = flow.limitTo('isolation', 0);
    clear();
    const giveUpAt = clock.elapsed() + finishMs;
    await held;
    while (unsettled() > 1 && !signal.aborted) {
      if (clock.elapsed() >= giveUpAt) abortOthers(delivery);
      await wait(clock, pollMs, signal);
    }
  }
}

/** Nothing is handled from the third time on until it is isolated: what ends meanwhile is no attempt. */
const isolate: Settlement = Object.freeze({
  kind: 'release',
  delayMs: quietMs,
  isolate: Object.freeze({ begun: isolatedAfter }),
});

function crashedRepeatedly(unsettled: number, unsettledAlone: number): Settlement {
  const detail = `Not handled again: ${unsettled} deliveries ended without a settlement, the last ${unsettledAlone} since it is to run alone.`;
  return { kind: 'dead-letter', reason: CRASHED_REPEATEDLY, detail };
}
