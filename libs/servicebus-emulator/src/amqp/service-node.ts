import type { Delivery, ReceiverLink } from '@orderflow/amqp';
import type { BrokerCore } from '../broker-core.js';
import type { Entity } from '../entities/entity.js';
import { BrokerError } from '../entities/errors.js';
import { ACCEPTED, rejected, toBrokerError } from './amqp-error.js';
import type { Attached } from './attached.js';
import type { ReplyLink, ReplyLinks } from './reply-links.js';
import { readRequest, type Request } from './request.js';
import { noTransactions } from './transactions.js';

/** Requests a client may have unanswered. Azure's. */
const CREDIT = 100;
/** Bytes of a request: a batch, and what is around it. */
const MAX_REQUEST_SIZE = 1024 * 1024 + 64 * 1024;

/** Answers requests, one reply each. */
export type Answer = (request: Request, send: (reply: Buffer) => void) => void;

export interface ServiceNodeOptions {
  /** The node's address, as the client wrote it. */
  readonly address: string;
  /** Whose node it is; undefined for `$cbs`. */
  readonly entity: Entity | undefined;
  readonly replies: ReplyLinks;
  readonly answer: Answer;
}

/** The receiving end of `$cbs` or of a `$management` node: requests come in here, replies leave by another link. */
export class ServiceNode implements Attached {
  readonly #core: BrokerCore;
  readonly #receiver: ReceiverLink;
  readonly #options: ServiceNodeOptions;

  constructor(core: BrokerCore, receiver: ReceiverLink, options: ServiceNodeOptions) {
    this.#core = core;
    this.#receiver = receiver;
    this.#options = options;
  }

  get entity(): Entity | undefined {
    return this.#options.entity;
  }

  open(): void {
    // A client's sender counts as open with its first credit: without this it waits for a minute.
    this.#receiver.accept(CREDIT, { maxMessageSize: BigInt(MAX_REQUEST_SIZE) });
  }

  take({ id, state, payload }: Delivery): void {
    try {
      if (state?.type === 'transactional-state') throw noTransactions();
      // A request outlives the call, its parts are read when they are needed.
      const request = readRequest(Buffer.from(payload));
      if (this.#replyLink(request)?.isFull) throw tooManyReplies();
      // There are clients that take a reply only after the request was accepted.
      this.#receiver.settle(id, ACCEPTED);
      this.#receiver.session.writeDispositions();
      this.#options.answer(request, (reply) => this.#replyLink(request)?.send(reply));
    } catch (error) {
      const reason = toBrokerError(error, (unexpected) =>
        this.#core.log('error', 'A request failed.', { link: this.#receiver.attach.name, error: unexpected }),
      );
      this.#receiver.settle(id, rejected(reason));
    }
  }

  closed(): void {
    // Requests are answered as long as the reply link is there.
  }

  #replyLink({ replyTo }: Request): ReplyLink | undefined {
    const { replies, address } = this.#options;
    return replies.find(replyTo, address, this.#receiver.session);
  }
}

function tooManyReplies(): BrokerError {
  return new BrokerError('amqp:resource-limit-exceeded', 'Too many replies wait for credit on their link.');
}
