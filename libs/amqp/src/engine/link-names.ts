import type { Attach } from '../codec/performatives.js';
import type { ErrorDraft } from './errors.js';

/** A link that has a name: attached, or asking to be. */
interface Named {
  readonly attach: Attach;
  detach(error?: ErrorDraft): void;
}

/**
 * The names of a connection's links, over all its sessions: one link has a name in each direction, so a sender and a
 * receiver may share one.
 */
export class LinkNames {
  readonly #senders = new Map<string, Named>();
  readonly #receivers = new Map<string, Named>();

  /** The link that has the name and direction of an attach. */
  find(attach: Attach): Named | undefined {
    return this.#of(attach).get(attach.name);
  }

  take(link: Named): void {
    this.#of(link.attach).set(link.attach.name, link);
  }

  /** A link is over: its name is free, unless another link has taken it. */
  free(attach: Attach): void {
    const names = this.#of(attach);
    if (names.get(attach.name)?.attach === attach) names.delete(attach.name);
  }

  #of({ role }: Attach): Map<string, Named> {
    return role ? this.#receivers : this.#senders;
  }
}
