import type { ServiceBusReceiver } from '@azure/service-bus';

/**
 * One life of a receiver's link: a receiver that attached again has a new one, under its old name. The SDK takes no
 * notice when it settles a message of a link that is gone: the answer never comes, and it waits out its timeout, or
 * takes the answer to a message of the new link for it.
 */
export class DeliveryLink {
  readonly receiver: ServiceBusReceiver;
  readonly #waiting = new Set<() => void>();
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
  async settle(send: (receiver: ServiceBusReceiver) => Promise<void>): Promise<boolean> {
    if (this.#lost) return false;
    let giveUp = (): void => {};
    const lost = new Promise<false>((resolve) => (giveUp = () => resolve(false)));
    this.#waiting.add(giveUp);
    try {
      return await Promise.race([send(this.receiver).then(() => true), lost]);
    } finally {
      this.#waiting.delete(giveUp);
    }
  }
}
