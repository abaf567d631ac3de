import type { ServiceBusReceiver } from '@azure/service-bus';
import { LinkedList, type Place } from '../../linked-list.js';
import { type Outcome, SettlementTurns } from './settlement-turns.js';
import { translateError } from './translate-error.js';

/**
 * How many deliveries may come after one that is not settled. rhea keeps those of a link in a ring of 2,048 that frees
 * from its oldest on (3.0.5, `CircularBuffer` in lib/session.js): when that one is never settled, the link falls silent
 * 2,048 deliveries later. Up to 1,000 more may be on their way.
 */
const mostAfterUnsettled = 1_024;

/** What rhea keeps of a delivery in its ring, until it is settled on its link. */
export interface KeptDelivery {
  readonly settled?: boolean;
}

/** A delivery by its number on the link, with what rhea keeps of it. */
export interface CountedDelivery {
  readonly number: number;
  readonly kept: KeptDelivery | undefined;
}

/**
 * How many completions may wait for the broker's answer on a link of so many places while those are free again: two of
 * each place, and no more than keep it far from falling silent.
 */
export function mostCompleting(places: number): number {
  return Math.max(0, Math.min(2 * places, mostAfterUnsettled / 2 - places));
}

/**
 * One life of a receiver's link: a receiver that attached again has a new one, under its old name. The SDK takes no
 * notice when it settles a message of a link that is gone: the answer never comes, and it waits out its timeout, or
 * takes the answer to a message of the new link for it.
 */
export class DeliveryLink {
  readonly receiver: ServiceBusReceiver;
  readonly #waiting = new LinkedList<() => void>();
  readonly #turns = new SettlementTurns();
  /** The deliveries that are not settled on the link yet, oldest first. */
  readonly #unsettled = new LinkedList<CountedDelivery>();
  #delivered = 0;
  #lost = false;
  #isPassedBy: boolean;

  /** @param isPassedBy whether rhea keeps deliveries of the receiver that will be settled elsewhere; not by default */
  constructor(receiver: ServiceBusReceiver, isPassedBy = false) {
    this.receiver = receiver;
    this.#isPassedBy = isPassedBy;
  }

  /** Counts a delivery; its place is given back with its settlement. */
  deliver(kept?: KeptDelivery): Place<CountedDelivery> {
    this.#delivered += 1;
    return this.#unsettled.add({ number: this.#delivered, kept });
  }

  /**
   * Whether it has to be replaced before it falls silent: so much came after a delivery that is not settled yet, or the
   * SDK settles past the link. That one does when two of its attempts to attach met after a long outage (7.9.5,
   * `MessageReceiver._init`): the link works, and is not found by its name, so that each settlement is a request to the
   * management of the queue, which rhea does not hear of.
   */
  get needsReplacement(): boolean {
    const [oldest] = this.#unsettled;
    return this.#isPassedBy || (oldest !== undefined && this.#delivered - oldest.number >= mostAfterUnsettled);
  }

  /**
   * The life that follows when the receiver attaches again; this one is lost. Without a loss before it may go on with the
   * same link: that of an attempt to attach which came first, after an outage in which the SDK made two of them
   * (`StreamingReceiver.subscribe` and `onDetached`). What this one brought is settled elsewhere, and stays in the ring.
   */
  next(): DeliveryLink {
    const [unsettled] = this.#unsettled;
    const isPassedBy = !this.#lost && unsettled !== undefined;
    this.lose();
    return new DeliveryLink(this.receiver, isPassedBy);
  }

  /** The link is gone; nothing can be settled on it any more. */
  lose(): void {
    this.#lost = true;
    for (const giveUp of [...this.#waiting]) giveUp();
  }

  /**
   * Settles a message of this link; `delivery` is its place. False when the link was lost before the answer came: settle
   * it elsewhere.
   */
  settle(
    outcome: Outcome,
    send: (receiver: ServiceBusReceiver) => Promise<void>,
    delivery?: Place<CountedDelivery>,
  ): Promise<boolean> {
    if (this.#lost) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => resolve(false);
      const waiting = this.#waiting.add(giveUp);
      this.#send(outcome, send, delivery)
        .finally(() => this.#waiting.remove(waiting))
        .then(resolve, reject);
    });
  }

  async #send(
    outcome: Outcome,
    send: (receiver: ServiceBusReceiver) => Promise<void>,
    delivery: Place<CountedDelivery> | undefined,
  ): Promise<boolean> {
    await this.#turns.take(outcome);
    if (this.#lost) return false;
    try {
      await send(this.receiver);
      this.#settled(delivery);
      return true;
    } catch (error) {
      // A refusal is an answer too: the delivery is settled, not as we wanted it.
      if (translateError(error, 'settle').code === 'LockLost') this.#settled(delivery);
      throw error;
    }
  }

  /** The broker has answered: on the link, unless rhea keeps the delivery still. */
  #settled(delivery: Place<CountedDelivery> | undefined): void {
    if (delivery === undefined) return;
    if (delivery.item.kept?.settled === false) this.#isPassedBy = true;
    else this.#unsettled.remove(delivery);
  }
}
