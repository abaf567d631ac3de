import type { BrokerCore } from '../broker-core.js';
import { DecodeError } from '../codec/decode-error.js';
import type { Entity } from '../entities/entity.js';
import { ACCEPTED, rejected, toBrokerError } from './amqp-error.js';
import { readRequest, type Request } from './request.js';
import type { LinkInternals, ReceiverInternals, SenderInternals } from './rhea-internals.js';
import type { RawTransfer } from './wire/incoming-transfers.js';

const CREDIT = 1_000;
const NO_TAG = Buffer.alloc(0);

/** Answers requests, one reply each. */
export type Answer = (request: Request, send: (reply: Buffer) => void) => void;

/** The receiving end of `$cbs` or of a `$management` node: requests come in here, replies leave by another link. */
export class ServiceNode {
  readonly entity: Entity | undefined;
  readonly #core: BrokerCore;
  readonly #receiver: ReceiverInternals;
  readonly #answer: Answer;

  /** @param entity whose node it is; undefined for `$cbs` */
  constructor(core: BrokerCore, receiver: ReceiverInternals, entity: Entity | undefined, answer: Answer) {
    this.entity = entity;
    this.#core = core;
    this.#receiver = receiver;
    this.#answer = answer;
    // A client's sender counts as open with its first credit: without this it waits for a minute.
    receiver.add_credit(CREDIT);
  }

  readonly maxMessageSize = 1024 * 1024 + 64 * 1024;

  take({ delivery, bytes }: RawTransfer): void {
    if (this.#receiver.credit <= CREDIT / 2) this.#receiver.add_credit(CREDIT - this.#receiver.credit);
    try {
      if (!bytes) throw new DecodeError('The request is too large.');
      const request = readRequest(bytes);
      delivery.settle(ACCEPTED);
      this.#answer(request, (reply) => this.#reply(request, reply));
    } catch (error) {
      const reason = toBrokerError(error, (unexpected) =>
        this.#core.log('error', 'A request failed.', { link: this.#receiver.name, error: unexpected }),
      );
      delivery.settle(rejected(reason));
    }
  }

  closed(): void {
    // Requests are answered as long as the reply link is there.
  }

  #reply(request: Request, reply: Buffer): void {
    const link = replyLink(this.#receiver, request.replyTo);
    if (!link?.is_open() || link.session.outgoing.available() === 0) return;
    const delivery = link.send(reply, NO_TAG, 0);
    delivery.settled = true;
  }
}

/** Microsoft's clients name the reply link itself; others the address of its target. */
function replyLink(receiver: ReceiverInternals, replyTo: string): SenderInternals | undefined {
  const { links } = receiver.session;
  const isReplyLink = (link: LinkInternals | undefined): link is SenderInternals => link?.local.attach.role === false;
  const named = links[replyTo];
  if (isReplyLink(named)) return named;
  return Object.values(links).find(
    (link): link is SenderInternals => isReplyLink(link) && link.remote.attach?.target?.address === replyTo,
  );
}
