import { LinkedList, type Place } from './linked-list.js';

/** A receiver that has credit while there is nothing to receive. */
export interface WaitingReceiver {
  /** Where it waits, at one queue at a time; undefined while it does not. Only {@link WaitingReceivers} sets it. */
  waitsAt?: Place<WaitingReceiver> | undefined;
  /** There may be something now. Called once, within the change that brought it: receive later, not within the call. */
  ready(): void;
}

/** Receivers that wait, woken in the order in which they came. */
export class WaitingReceivers {
  readonly #waiting = new LinkedList<WaitingReceiver>();

  get size(): number {
    return this.#waiting.size;
  }

  add(receiver: WaitingReceiver): void {
    receiver.waitsAt ??= this.#waiting.add(receiver);
  }

  delete(receiver: WaitingReceiver): void {
    if (receiver.waitsAt) this.#waiting.remove(receiver.waitsAt);
    receiver.waitsAt = undefined;
  }

  /** Wakes the receiver that has waited longest, and removes it. */
  wakeOne(): void {
    const receiver = this.#waiting.first;
    if (!receiver) return;
    this.delete(receiver);
    receiver.ready();
  }
}
