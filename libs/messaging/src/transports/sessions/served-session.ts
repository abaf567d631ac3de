import type { DeliveryFacts } from '../../abort-scope.js';
import type { Clock } from '../../clock.js';
import { stateInDelivery } from '../../delivery-state.js';
import { wait } from '../../endpoint/wait.js';
import { type Consume, type Settlement, TransportError } from '../../transport.js';
import type { InFlight } from '../in-flight.js';
import { notSettled } from '../not-settled.js';
import type { OccupiedPlaces } from '../occupied-places.js';
import type { RunningDelivery } from '../running-delivery.js';
import type { HeldSession, SessionMessage } from './held-session.js';
import type { Interrupt } from './interrupt.js';
import { SessionNotes } from './session-notes.js';
import { failed, handedBack, isolated, opened, type Reached, reachedBy, waiting, waitLeft } from './session-record.js';

/** The longest wait inside a session, in milliseconds, jitter included; what was asked to wait longer comes then. */
const longestWaitMs = 120_000;
/**
 * How long a session whose message still waits is held when enough others wait, in milliseconds: a broker may hand it out
 * again at once.
 */
const turnMs = 250;

interface ServedSessionOptions {
  readonly queue: string;
  readonly consume: Consume;
  readonly clock: Clock;
  readonly onError: (error: TransportError) => void;
  readonly inFlight: InFlight;
  readonly occupied: OccupiedPlaces;
  readonly interrupt: Interrupt;
  /** Whether this session has to be given back as soon as nothing of it is in hand. */
  readonly isEnough: () => boolean;
  /** Whether another session may be held only to wait; {@link endWaiting} ends that. */
  readonly beginWaiting: () => boolean;
  readonly endWaiting: () => void;
}

/** What a try leads to: the message is settled, the session is to be given back, or the message is tried again. */
type Next = 'settled' | 'give-back' | Reached;

/**
 * A session while it is held: one message after the other, each until it is settled. A retry waits in here, because what
 * comes later must not overtake it.
 */
export class ServedSession {
  readonly #session: HeldSession;
  readonly #options: ServedSessionOptions;
  readonly #notes: SessionNotes;
  /** Whether the record at the broker says that messages are being handled. */
  #isOpen = false;
  /** Whether the end of the last message is unknown: then the next holder has to count it. */
  #isInDoubt = false;

  constructor(session: HeldSession, options: ServedSessionOptions) {
    this.#session = session;
    this.#options = options;
    this.#notes = new SessionNotes(session);
  }

  /** Serves it until it has no message, is lost or is one too many, then gives it back. Never rejects. */
  async serve(): Promise<void> {
    try {
      while (!this.#options.isEnough() && !this.#session.lost.aborted) {
        const { signal } = this.#options.interrupt;
        const message = await this.#session.next(signal);
        if (message === undefined) {
          if (signal.aborted) continue;
          break;
        }
        if (!(await this.#finish(message))) break;
      }
      if (this.#isOpen && !this.#isInDoubt) await this.#notes.setRecord(undefined);
    } catch (error) {
      this.#report(error, `session "${this.#session.id}"`);
    } finally {
      await this.#session.close();
    }
  }

  /** Handles a message until it is settled; false when its session has to be given back before. */
  async #finish(message: SessionMessage): Promise<boolean> {
    const record = await this.#notes.record();
    let reached = reachedBy(message, this.#isOpen ? undefined : record);
    const leftMs = this.#isOpen ? 0 : waitLeft(record, message.sequence, this.#options.clock.now());
    if (leftMs > 0 && !(await this.#waitOut(leftMs))) return false;
    for (;;) {
      if (!this.#isOpen) await this.#notes.setRecord(opened(message, reached));
      this.#isOpen = true;
      const next = await this.#try(message, reached);
      if (next === 'settled') return true;
      if (next === 'give-back') return false;
      reached = next;
    }
  }

  async #try(message: SessionMessage, reached: Reached): Promise<Next> {
    const { inFlight, occupied } = this.#options;
    const occupants: Promise<unknown>[] = [];
    let retry: { readonly reached: Reached; readonly delayMs: number } | undefined;
    let isSettled = false;
    await inFlight.run(async (running) => {
      const stopWatching = this.#watchLock(running);
      try {
        const delivery = this.#deliveryOf(message, reached, occupants);
        const settlement = await running.settlement(this.#options.consume, delivery);
        retry = this.#retryOf(settlement, message, reached);
        if (retry !== undefined && !running.lockLost) return await this.#writeWait(message, retry);
        isSettled = await this.#settle(settlement, message, reached, running);
      } catch (error) {
        this.#isInDoubt = true;
        this.#report(error, `message ${message.envelope.id}`);
      } finally {
        stopWatching();
      }
    });
    // A handler past its time limit still works on this message: nothing of the session may run beside it.
    if (occupants.length > 0) await this.#untilEndOf(occupied.wait(occupants));
    if (isSettled) return 'settled';
    if (retry === undefined || this.#isInDoubt) return 'give-back';
    return (await this.#waitOut(retry.delayMs)) ? retry.reached : 'give-back';
  }

  #deliveryOf(
    { envelope, state: { maxAttempts } }: SessionMessage,
    { attempt, unsettled, ...kept }: Reached,
    occupants: Promise<unknown>[],
  ): DeliveryFacts {
    return {
      envelope,
      queue: this.#options.queue,
      attempt,
      unsettled,
      ...stateInDelivery({ ...kept, ...(maxAttempts && { maxAttempts }) }, unsettled),
      session: this.#notes.forConsumer,
      occupied: (until) => void occupants.push(until),
    };
  }

  /** How a message goes on that is to be delivered again later; undefined for one that is not. */
  #retryOf(
    settlement: Settlement,
    message: SessionMessage,
    reached: Reached,
  ): { readonly reached: Reached; readonly delayMs: number } | undefined {
    const later = (next: Reached, delayMs: number) => ({ reached: next, delayMs: Math.min(delayMs, longestWaitMs) });
    if (settlement.kind === 'retry') return later(failed(message, reached, settlement.reason), settlement.delayMs);
    if (settlement.kind !== 'release') return undefined;
    const { delayMs = 0, isolate } = settlement;
    return delayMs > 0 ? later(isolate ? isolated(reached, isolate) : reached, delayMs) : undefined;
  }

  /** From here on a crash loses neither the attempt nor the wait, and counts as none. */
  async #writeWait(
    message: SessionMessage,
    { reached, delayMs }: { readonly reached: Reached; readonly delayMs: number },
  ): Promise<void> {
    await this.#notes.setRecord(waiting(message, reached, delayMs, this.#options.clock.now()));
    this.#isOpen = false;
  }

  /** True when the message is settled, false when it was handed back. */
  async #settle(
    settlement: Settlement,
    message: SessionMessage,
    reached: Reached,
    running: RunningDelivery,
  ): Promise<boolean> {
    if (settlement.kind === 'complete') {
      // Also with a lock that we believe lost: the broker may see that otherwise.
      await message.complete();
      return true;
    }
    if (running.lockLost) throw lockLost();
    if (settlement.kind === 'dead-letter') {
      await message.deadLetter(settlement);
      return true;
    }
    await this.#notes.setRecord(handedBack(message, reached));
    this.#isOpen = false;
    return false;
  }

  /**
   * Holds the session for as long as its message has to wait; false when it is to be given back before: it is one too
   * many, it was lost, or enough others wait.
   */
  async #waitOut(ms: number): Promise<boolean> {
    const { clock, beginWaiting, endWaiting } = this.#options;
    const mayWait = beginWaiting();
    const until = clock.now() + (mayWait ? ms : Math.min(ms, turnMs));
    try {
      while (clock.now() < until && !this.#options.isEnough() && !this.#session.lost.aborted) {
        const woken = AbortSignal.any([this.#options.interrupt.signal, this.#session.lost]);
        await wait(clock, until - clock.now(), woken);
      }
    } finally {
      if (mayWait) endWaiting();
    }
    return (mayWait || ms <= turnMs) && !this.#options.isEnough() && !this.#session.lost.aborted;
  }

  /** Waits for `ended`, unless the session is to be given back before. */
  async #untilEndOf(ended: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = ended.then(() => (isOver = true));
    while (!isOver && !this.#options.isEnough() && !this.#session.lost.aborted) {
      const woken = AbortSignal.any([this.#options.interrupt.signal, this.#session.lost]);
      await Promise.race([over, aborted(woken)]);
    }
  }

  #watchLock(running: RunningDelivery): () => void {
    const { lost } = this.#session;
    const lose = (): void => running.loseLock();
    if (lost.aborted) lose();
    lost.addEventListener('abort', lose, { once: true });
    return () => lost.removeEventListener('abort', lose);
  }

  #report(error: unknown, what: string): void {
    this.#options.onError(notSettled(error, what, this.#options.queue));
  }
}

function lockLost(): TransportError {
  return new TransportError('LockLost', 'the lock on its session was lost while it was handled', false);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
