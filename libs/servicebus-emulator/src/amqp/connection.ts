import type { Duplex } from 'node:stream';
import {
  AmqpServer,
  type AmqpError,
  type Delivery,
  type DeliveryState,
  type ErrorDraft,
  type Link,
  type Listener,
  type Session,
} from '@orderflow/amqp';
import type { ConnectionAccess } from '../auth/connection-access.js';
import type { BrokerCore } from '../broker-core.js';
import type { Entity } from '../entities/entity.js';
import type { BrokerError } from '../entities/errors.js';
import { amqpError } from './amqp-error.js';
import type { Answerable } from './attached.js';
import { ClientLinks } from './client-links.js';
import { IdleWatch } from './idle-watch.js';
import { checkSasl } from './sign-in.js';
import { EngineStream } from './stream/engine-stream.js';

/** How much of what a client calls its key is logged, in characters. */
const MAX_SHOWN = 64;
/**
 * Links of one connection, and of one session. Azure offers 256 handles a session, and so do we, but clients that pass
 * over that are borne: as many receivers as an entity may have, and then some.
 */
const MAX_LINKS = 20_000;
/** Bytes of the attaches of one connection: so many links, each as long-winded as the JavaScript client's may be. */
const MAX_ATTACH_BYTES = MAX_LINKS * 1024;
const LIMITS = { maxLinks: MAX_LINKS, maxSessionLinks: MAX_LINKS, maxAttachBytes: MAX_ATTACH_BYTES };

export interface ConnectionOptions {
  /** What the broker calls itself. */
  readonly id: string;
  /** Why this client cannot be served. It is told so when it attaches: then somebody waits for an answer. */
  readonly refusal: BrokerError | undefined;
  /** Told once when the connection is over. */
  readonly ended: () => void;
}

/** One client: its engine, its stream, and its links. */
export class Connection {
  readonly #core: BrokerCore;
  readonly #options: ConnectionOptions;
  readonly #engine: AmqpServer;
  readonly #stream: EngineStream;
  readonly #links: ClientLinks;
  readonly #access: ConnectionAccess;
  readonly #idle: IdleWatch | undefined;

  /** @param socket connected already */
  constructor(core: BrokerCore, socket: Duplex, options: ConnectionOptions) {
    this.#core = core;
    this.#options = options;
    this.#access = core.openAccess((link, error) => (link as Link).detach(amqpError(error)));
    this.#idle = core.enforceIdleTimeouts ? this.#watchIdleness() : undefined;
    // Clients may leave out SASL: who they are shows in their tokens.
    this.#engine = new AmqpServer({ containerId: options.id, requireSasl: false, ...LIMITS }, this.#listener());
    this.#stream = new EngineStream(socket, this.#engine, {
      closed: () => this.#end(),
      failed: (error) => core.log('error', 'A client was disconnected: the broker failed.', { error }),
    });
    const [access, idle, output] = [this.#access, this.#idle, this.#stream];
    this.#links = new ClientLinks({ core: this.#owing(core), access, client: this, idle, output });
  }

  /** Detaches every link to an entity, or to any. @returns how many there were */
  detach(error: BrokerError, entity?: Entity): number {
    return this.#links.detach(error, entity);
  }

  isAttachedTo(entity: Entity): boolean {
    return this.#links.isAttachedTo(entity);
  }

  /** Says goodbye, waits a moment for the answer, and hangs up. @param error why */
  close(error: BrokerError): void {
    if (this.#engine.state !== 'open') return this.drop();
    this.#engine.close(amqpError(error));
    this.#links.ended();
  }

  /** Ends without a goodbye, as a network does. */
  drop(): void {
    this.#stream.destroy();
  }

  #listener(): Listener {
    return {
      sasl: (mechanism, response) => checkSasl(mechanism, response, (keyName, key) => this.#signIn(keyName, key)),
      opened: () => void this.#stream.tick(),
      began: () => undefined,
      ended: (session: Session) => this.#links.ended(session),
      attached: (link: Link) => this.#attach(link),
      detached: (link: Link) => this.#links.detached(link),
      delivery: (link: Link, delivery: Delivery) => this.#links.take(link, delivery),
      sendable: (link: Link) => this.#links.sendable(link),
      drain: (link: Link) => this.#links.drain(link),
      disposed: (_link: Link, _id: number, given: unknown, state: DeliveryState | undefined) =>
        (given as Answerable).settled(state),
      closed: (error, isViolation) => this.#closed(error, isViolation),
      output: () => this.#stream.outputBegan(),
    };
  }

  /** The same, and the stream knows of the answers that wait for the disk. */
  #owing(core: BrokerCore): BrokerCore {
    const stream = this.#stream;
    const whenDurable: BrokerCore['whenDurable'] = (done) => {
      stream.owe();
      core.whenDurable((error) => {
        done(error);
        stream.paid();
      });
    };
    return { ...core, whenDurable };
  }

  #attach(link: Link): void {
    const { refusal } = this.#options;
    if (!refusal) return this.#links.attach(link);
    link.refuse(amqpError(refusal));
    this.close(refusal);
  }

  /** A client that shows a wrong key is told so, and then hung up on. */
  #signIn(keyName: string, key: string): boolean {
    if (this.#access.signIn(keyName, key)) return true;
    this.#core.log('warn', 'A client was disconnected: it showed a wrong key.', {
      keyName: keyName.slice(0, MAX_SHOWN),
    });
    return false;
  }

  #watchIdleness(): IdleWatch {
    return new IdleWatch({
      clock: this.#core.clock,
      awaitsToken: () => this.#access.awaitsToken,
      detach: (idle, error) => this.#links.detachOne(error, idle),
      close: (error) => this.close(error),
    });
  }

  /** Nothing a client says after it broke the protocol can be trusted. */
  #closed(error: AmqpError | ErrorDraft | undefined, isViolation: boolean): void {
    if (isViolation) {
      const detail = error?.description ?? 'It did not begin with an AMQP header.';
      this.#core.log('warn', 'A client was disconnected: it broke the protocol.', { error: detail });
    }
    this.#links.ended();
    // There may be nothing left to say, and the end of the connection is due all the same.
    this.#stream.outputBegan();
  }

  #end(): void {
    this.#links.ended();
    this.#access.close();
    this.#idle?.end();
    this.#options.ended();
  }
}
