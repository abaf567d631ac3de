import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { Clock } from '../../clock.js';

/**
 * The time by the broker's clock, told by a lock that has just begun: it ends one lock duration from then. From there on
 * we count with a clock that nobody sets.
 */
export class BrokerTime {
  readonly #ahead: number;
  readonly #clock: Clock;

  /** `durationMs` is how long the lock lasts from its receipt, in milliseconds. */
  constructor({ lockedUntilUtc }: ServiceBusReceivedMessage, durationMs: number, clock: Clock) {
    const receivedAt = lockedUntilUtc === undefined ? clock.now() : lockedUntilUtc.getTime() - durationMs;
    this.#ahead = receivedAt - clock.elapsed();
    this.#clock = clock;
  }

  /** Now, in milliseconds since 1970. */
  now(): number {
    return this.#ahead + this.#clock.elapsed();
  }
}
