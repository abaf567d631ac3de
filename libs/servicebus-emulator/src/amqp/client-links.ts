import type { Delivery, Link, Session } from '@orderflow/amqp';
import type { Entity } from '../entities/entity.js';
import type { BrokerError } from '../entities/errors.js';
import { amqpError, toBrokerError } from './amqp-error.js';
import { attachReceiver, attachSender, type AttachPorts } from './attach.js';
import type { Attached } from './attached.js';
import type { IdleWatch } from './idle-watch.js';
import { IncomingLink } from './incoming-link.js';
import { OutgoingLink } from './outgoing-link.js';
import { ReplyLinks } from './reply-links.js';

export interface ClientLinksOptions extends Omit<AttachPorts, 'replies' | 'granted'> {
  readonly idle: IdleWatch | undefined;
}

/** The links of one client, and what is behind each; an end to all of them however they end. */
export class ClientLinks {
  readonly #options: ClientLinksOptions;
  readonly #ports: AttachPorts;
  readonly #links = new Map<Link, Attached>();

  constructor(options: ClientLinksOptions) {
    this.#options = options;
    const granted = (link: Link, attached: Attached) => this.#attached(link, attached);
    this.#ports = { ...options, replies: new ReplyLinks(), granted };
  }

  /** Attaches, or refuses: an attach without source and target, and then a detach that says why. */
  attach(link: Link): void {
    try {
      const attached = link.role === 'receiver' ? attachSender(link, this.#ports) : attachReceiver(link, this.#ports);
      this.#attached(link, attached);
    } catch (error) {
      const { core } = this.#options;
      const reason = toBrokerError(error, (unexpected) =>
        core.log('error', 'An attach failed.', { link: link.attach.name, error: unexpected }),
      );
      this.#options.access.unwatch(link);
      link.refuse(amqpError(reason));
    }
  }

  take(link: Link, delivery: Delivery): void {
    this.#links.get(link)?.take?.(delivery);
  }

  sendable(link: Link): void {
    this.#links.get(link)?.sendable?.();
  }

  drain(link: Link): void {
    this.#links.get(link)?.drain?.();
  }

  /** A link is gone. */
  detached(link: Link): void {
    const attached = this.#links.get(link);
    this.#links.delete(link);
    this.#options.access.unwatch(link);
    this.#options.idle?.closed(link);
    attached?.closed();
  }

  /** The links of a session, or all, are gone. */
  ended(session?: Session): void {
    for (const link of [...this.#links.keys()]) if (!session || link.session === session) this.detached(link);
  }

  /** Detaches every link to an entity, or to any. @returns how many there were */
  detach(error: BrokerError, entity?: Entity): number {
    const links = [...this.#links].filter(([, { entity: own }]) => own && (!entity || own === entity));
    for (const [link] of links) link.detach(amqpError(error));
    return links.length;
  }

  /** Detaches the link with this behind it. */
  detachOne(error: BrokerError, attached: object): void {
    for (const [link, one] of this.#links) if (one === attached) return link.detach(amqpError(error));
  }

  isAttachedTo(entity: Entity): boolean {
    return [...this.#links.values()].some((attached) => attached.entity === entity);
  }

  /** An answer to the attach may bring calls of the other methods: what is behind the link is known before. */
  #attached(link: Link, attached: Attached): void {
    this.#links.set(link, attached);
    const carriesMessages = attached instanceof IncomingLink || attached instanceof OutgoingLink;
    if (attached.entity) this.#options.idle?.opened(link, carriesMessages ? attached : undefined);
    attached.open();
  }
}
