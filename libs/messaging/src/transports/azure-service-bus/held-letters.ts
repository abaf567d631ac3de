import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import { type DeliveryState } from '../../delivery-state.js';
import { fromNative } from '../../native-message.js';
import { BrokerTime } from './broker-time.js';
import { LockDuration } from './lock-duration.js';
import { LockRenewer } from './lock-renewer.js';
import { PassedOver } from './passed-over.js';
import { forgetContent } from './received-bytes.js';
import { brokerFacts, fromServiceBusMessage } from './service-bus-message.js';
import { translateError } from './translate-error.js';

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
  /** Stays open to the end; links that brought letters are closed before. */
  readonly #looker: ServiceBusReceiver;
  readonly #letters = new Map<string, HeldLetter>();
  readonly #passedOver: PassedOver;

  constructor(place: string, looker: ServiceBusReceiver, clock: Clock) {
    this.#place = place;
    this.#looker = looker;
    this.#clock = clock;
    this.#locks = new LockRenewer(clock);
    this.#lockDuration = new LockDuration(clock);
    this.#passedOver = new PassedOver(looker, clock);
  }

  /** How many are held. */
  get size(): number {
    return this.#letters.size + this.#passedOver.size;
  }

  /** Holds a letter that was just received; once more when its first lock had run out. */
  add(message: ServiceBusReceivedMessage, receiver: ServiceBusReceiver): HeldLetter {
    const place = String(message.sequenceNumber);
    this.#letters.get(place)?.stopRenewing();
    const lockTime = this.#lockDuration.of(message);
    const stopRenewing = this.#locks.keep({
      ...lockTime,
      renew: () => this.#looker.renewMessageLock(message),
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

  /** Holds a letter on to be handed back: its lock is kept, its content and its delivery are not. */
  passOver(letter: HeldLetter): void {
    this.#passedOver.add(letter.message, letter.state, this.#lockDuration.of(letter.message));
    this.remove(letter);
  }

  /** A letter is gone, or no longer ours. rhea keeps its delivery for as long as an older one of the link is held. */
  remove(letter: HeldLetter): void {
    letter.stopRenewing();
    forgetContent(letter.message);
    this.#letters.delete(letter.place);
  }

  /** Hands all back, and tells how many. What cannot be handed back any more is free once its lock runs out. */
  async handBack(): Promise<number> {
    for (const letter of this.#letters.values()) this.passOver(letter);
    this.#locks.close();
    return this.#passedOver.handBack();
  }
}
