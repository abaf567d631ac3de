/** A receiver that has credit while there is nothing to receive. */
export interface WaitingReceiver {
  /** There may be something now. Called once, within the change that brought it: receive later, not within the call. */
  ready(): void;
}

/** Receivers that wait, woken in the order in which they came. */
export class WaitingReceivers {
  readonly #waiting = new Set<WaitingReceiver>();

  get size(): number {
    return this.#waiting.size;
  }

  add(receiver: WaitingReceiver): void {
    this.#waiting.add(receiver);
  }

  delete(receiver: WaitingReceiver): void {
    this.#waiting.delete(receiver);
  }

  /** Wakes the receiver that has waited longest, and removes it. */
  wakeOne(): void {
    for (const receiver of this.#waiting) {
      this.#waiting.delete(receiver);
      receiver.ready();
      return;
    }
  }
}
