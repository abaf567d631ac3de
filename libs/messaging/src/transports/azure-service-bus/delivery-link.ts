import type { ServiceBusReceiver } from '@azure/service-bus';
import { type Outcome, SettlementTurns } from './settlement-turns.js';

/**
 * One life of a receiver's link: a receiver that attached again has a new one, under its old name. The SDK takes no
 * notice when it settles a message of a link that is gone: the answer never comes, and it waits out its timeout, or
 * takes the answer to a message of the new link for it.
 */
export class DeliveryLink {
  readonly receiver: ServiceBusReceiver;
  readonly #waiting = new Set<() => void>();
  readonly #turns = new SettlementTurns();
  #lost = false;

  constructor(receiver: ServiceBusReceiver) {
    this.receiver = receiver;
  }

  /** The link is gone; nothing can be settled on it any more. */
  lose(): void {
    this.#lost = true;
    for (const giveUp of this.#waiting) giveUp();
  }

  /** Settles a message of this link. False when the link was lost before the answer came: settle it elsewhere. */
  async settle(outcome: Outcome, send: (receiver: ServiceBusReceiver) => Promise<void>): Promise<boolean> {
    if (this.#lost) return false;
    let giveUp = (): void => {};
    const lost = new Promise<false>((resolve) => (giveUp = () => resolve(false)));
    this.#waiting.add(giveUp);
    try {
      return await Promise.race([this.#send(outcome, send), lost]);
    } finally {
      this.#waiting.delete(giveUp);
    }
  }

  async #send(outcome: Outcome, send: (receiver: ServiceBusReceiver) => Promise<void>): Promise<boolean> {
    await this.#turns.take(outcome);
    if (this.#lost) return false;
    await send(this.receiver);
    return true;
  }
}
