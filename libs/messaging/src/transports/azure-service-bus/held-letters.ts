import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import { type DeliveryState, fromNative } from '../../native-message.js';
import { BrokerTime } from './broker-time.js';
import { LockDuration, type LockTime } from './lock-duration.js';
import { LockRenewer } from './lock-renewer.js';
import { forgetContent } from './received-bytes.js';
import { brokerFacts, fromServiceBusMessage } from './service-bus-message.js';
import { release } from './settle.js';
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

/** What is kept of a letter that was passed over: as much as it takes to settle it by its lock, without its link. */
interface PassedOver {
  readonly message: ServiceBusReceivedMessage;
  readonly state: DeliveryState;
  readonly stopRenewing: () => void;
}

/** The letters a pass over a dead-letter queue has locked: those it works on, and those it must pass over. */
export class HeldLetters {
  readonly #place: string;
  readonly #clock: Clock;
  readonly #locks: LockRenewer;
  readonly #lockDuration: LockDuration;
  /** Stays open to the end; links that brought letters are closed before. */
  readonly #looker: ServiceBusReceiver;
  readonly #letters = new Map<string, HeldLetter>();
  readonly #passedOver = new Map<string, PassedOver>();

  constructor(place: string, looker: ServiceBusReceiver, clock: Clock) {
    this.#place = place;
    this.#looker = looker;
    this.#clock = clock;
    this.#locks = new LockRenewer(clock);
    this.#lockDuration = new LockDuration(clock);
  }

  /** Holds a letter that was just received; once more when its first lock had run out. */
  add(message: ServiceBusReceivedMessage, receiver: ServiceBusReceiver): HeldLetter {
    const place = String(message.sequenceNumber);
    this.#letters.get(place)?.stopRenewing();
    this.#passedOver.get(place)?.stopRenewing();
    this.#passedOver.delete(place);
    const lockTime = this.#lockDuration.of(message);
    const stopRenewing = this.#keepLocked(message, lockTime);
    const { state } = fromNative(fromServiceBusMessage(message), brokerFacts(message, this.#place));
    const brokerTime = new BrokerTime(message, lockTime.durationMs, this.#clock);
    const letter = { place, message, receiver, state, brokerTime, stopRenewing };
    this.#letters.set(place, letter);
    return letter;
  }

  get(place: string): HeldLetter | undefined {
    return this.#letters.get(place);
  }

  /** Holds a letter on to be handed back: its lock is kept, its content and its delivery are not. */
  passOver({ place, message, state, stopRenewing }: HeldLetter): void {
    const { lockToken, lockedUntilUtc, sequenceNumber } = message;
    const rest = {
      lockToken,
      lockedUntilUtc,
      sequenceNumber,
      delivery: noLink,
    } as unknown as ServiceBusReceivedMessage;
    stopRenewing();
    forgetContent(message);
    this.#letters.delete(place);
    const isRenewed = this.#passedOver.size < mostRenewed;
    const stop = isRenewed ? this.#keepLocked(rest, this.#lockDuration.of(rest)) : (): void => {};
    this.#passedOver.set(place, { message: rest, state, stopRenewing: stop });
  }

  /** A letter is gone, or no longer ours. rhea keeps its delivery for as long as an older one of the link is held. */
  remove(letter: HeldLetter): void {
    letter.stopRenewing();
    forgetContent(letter.message);
    this.#letters.delete(letter.place);
  }

  /** Hands all back. What cannot be handed back any more is free once its lock runs out. */
  async handBack(): Promise<void> {
    this.#locks.close();
    for (const letter of this.#letters.values()) this.passOver(letter);
    const all = [...this.#passedOver.values()];
    for (let start = 0; start < all.length; start += releasesAtATime) {
      const some = all.slice(start, start + releasesAtATime);
      await Promise.allSettled(some.map(({ message, state }) => release(this.#looker, message, state)));
    }
    this.#passedOver.clear();
    this.#locks.close();
  }

  #keepLocked(message: ServiceBusReceivedMessage, lockTime: LockTime): () => void {
    return this.#locks.keep({
      ...lockTime,
      renew: () => this.#looker.renewMessageLock(message),
      isGone: (error) => translateError(error, 'renew a lock').code === 'LockLost',
      onLost: () => {}, // settling it will fail, and it is received again
    });
  }
}

/** The delivery of a message whose link is of no concern: the SDK then settles by the lock. */
const noLink = Object.freeze({});
