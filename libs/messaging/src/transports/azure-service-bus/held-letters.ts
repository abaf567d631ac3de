import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import { type DeliveryState, fromNative } from '../../native-message.js';
import { BrokerTime } from './broker-time.js';
import { LockDuration } from './lock-duration.js';
import { LockRenewer } from './lock-renewer.js';
import { forgetContent } from './received-bytes.js';
import { brokerFacts, fromServiceBusMessage } from './service-bus-message.js';
import { release } from './settle.js';
import { SettlementTurns } from './settlement-turns.js';
import { translateError } from './translate-error.js';

/** How many locks are renewed at most: more would keep the broker busy. The others run out and are taken again. */
const mostRenewed = 2_000;
/** Letters handed back at a time. */
const releasesAtATime = 500;

/** A dead letter whose lock is ours. */
export interface HeldLetter {
  readonly place: string;
  readonly message: ServiceBusReceivedMessage;
  readonly receiver: ServiceBusReceiver;
  readonly state: DeliveryState;
  readonly brokerTime: BrokerTime;
  readonly stopRenewing: () => void;
}

/** The letters a pass over a dead-letter queue has locked: those it works on, and those it must pass over. */
export class HeldLetters {
  readonly #place: string;
  readonly #clock: Clock;
  readonly #locks: LockRenewer;
  readonly #lockDuration: LockDuration;
  readonly #letters = new Map<string, HeldLetter>();

  constructor(place: string, clock: Clock) {
    this.#place = place;
    this.#clock = clock;
    this.#locks = new LockRenewer(clock);
    this.#lockDuration = new LockDuration(clock);
  }

  /** Holds a letter that was just received; once more when its first lock had run out. */
  add(message: ServiceBusReceivedMessage, receiver: ServiceBusReceiver): HeldLetter {
    const place = String(message.sequenceNumber);
    this.#letters.get(place)?.stopRenewing();
    const lockTime = this.#lockDuration.of(message);
    const stopRenewing = this.#locks.keep({
      ...lockTime,
      renew: () => receiver.renewMessageLock(message),
      isGone: (error) => translateError(error, 'renew a lock').code === 'LockLost',
      onLost: () => {}, // settling it will fail, and it is received again
    });
    const { state } = fromNative(fromServiceBusMessage(message), brokerFacts(message, this.#place));
    const brokerTime = new BrokerTime(message, lockTime.durationMs, this.#clock);
    const letter = { place, message, receiver, state, brokerTime, stopRenewing };
    this.#letters.set(place, letter);
    return letter;
  }

  get(place: string): HeldLetter | undefined {
    return this.#letters.get(place);
  }

  /** Holds a letter on without its content, to be handed back. */
  passOver(letter: HeldLetter): void {
    forgetContent(letter.message);
    if (this.#letters.size > mostRenewed) letter.stopRenewing();
  }

  /** A letter is gone, or no longer ours. */
  remove(letter: HeldLetter): void {
    letter.stopRenewing();
    this.#letters.delete(letter.place);
  }

  /** Hands all back. What cannot be handed back any more is free once its lock runs out. */
  async handBack(): Promise<void> {
    this.#locks.close();
    // Those that count the same releases share a tick; neighbours that differ must not, see SettlementTurns.
    const turns = new SettlementTurns();
    for (const alike of Map.groupBy(this.#letters.values(), ({ state }) => state.releases).values()) {
      for (let start = 0; start < alike.length; start += releasesAtATime) {
        await turns.take('other');
        const some = alike.slice(start, start + releasesAtATime);
        await Promise.allSettled(some.map(({ receiver, message, state }) => release(receiver, message, state)));
      }
    }
    this.#letters.clear();
  }
}
