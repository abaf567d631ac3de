import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { Clock } from '../../clock.js';

/** How long a lock lasts at least and at most on any queue, in milliseconds. */
const shortestMs = 5_000;
const longestMs = 5 * 60_000;
/** How long a lock may have been on its way to us, in milliseconds: more missing, and the clocks disagree. */
const onItsWayMs = 1_000;
/** What a queue has unless it was made otherwise; a lock that may be this short is renewed as if it were. */
const usualMs = 60_000;

/** A message with its lock; a session, which has arrived nowhere. */
type LockedThing = Pick<ServiceBusReceivedMessage, 'lockedUntilUtc' | 'enqueuedTimeUtc'>;

/** The time of one lock, in milliseconds. */
export interface LockTime {
  /** How long it lasts from its receipt, and from each renewal on. */
  readonly durationMs: number;
  readonly firstRenewalMs: number;
  readonly renewEveryMs: number;
}

/**
 * How long the locks of a queue last. The broker says only until when, by a clock that may be minutes off from ours, and
 * durations are what we can measure. Where none was declared it is the shortest that fits what was seen: no lock lasts
 * longer than from its message's arrival in the queue to the lock's end, both by the broker's clock; nor, should the
 * clocks agree, longer than from its receipt to its end.
 */
export class LockDuration {
  readonly #clock: Clock;
  readonly #declaredMs: number | undefined;
  #byBroker = longestMs;
  #byBoth = 0;

  constructor(clock: Clock, declaredMs?: number) {
    this.#clock = clock;
    this.#declaredMs = declaredMs;
  }

  /** The time of the lock on a message, or a session, that has just been received. */
  of({ lockedUntilUtc, enqueuedTimeUtc }: LockedThing): LockTime {
    const now = this.#clock.now();
    const lockedUntil = lockedUntilUtc?.getTime() ?? now;
    const left = lockedUntil - now;
    this.#byBroker = Math.min(this.#byBroker, lockedUntil - (enqueuedTimeUtc?.getTime() ?? 0));
    this.#byBoth = Math.max(this.#byBoth, left);
    const durationMs = this.#declaredMs ?? this.#seen();
    const renewEveryMs = (this.#declaredMs ?? Math.min(durationMs, usualMs)) / 2;
    return { durationMs, renewEveryMs, firstRenewalMs: Math.min(renewEveryMs, Math.max(left, 0) / 2) };
  }

  #seen(): number {
    const byBoth = this.#byBoth < shortestMs - onItsWayMs ? longestMs : this.#byBoth;
    return Math.max(shortestMs, Math.min(this.#byBroker, byBoth));
  }
}
