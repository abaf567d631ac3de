import type { Duplex } from 'node:stream';
import type { ConnectionAccess } from '../auth/connection-access.js';
import type { BrokerCore } from '../broker-core.js';
import type { Entity } from '../entities/entity.js';
import { type BrokerError } from '../entities/errors.js';
import { amqpError, toBrokerError } from './amqp-error.js';
import { attachReceiver, attachSender, type Attached, type AttachedReceiver } from './attach.js';
import { createConnection, MAX_FRAME_SIZE } from './create-connection.js';
import { answerEverything, detach } from './detach.js';
import { IdleWatch } from './idle-watch.js';
import { IncomingLink } from './incoming-link.js';
import { OutgoingLink } from './outgoing-link.js';
import { readTermini } from './read-termini.js';
import type {
  ConnectionInternals,
  LinkContext,
  LinkInternals,
  ReceiverInternals,
  SenderInternals,
  SessionInternals,
} from './rhea-internals.js';
import { acknowledgeInput } from './wire/acknowledge-input.js';
import { readFramesOf } from './wire/frame-reader.js';
import { FrameWriter } from './wire/frame-writer.js';
import { takeOverSession } from './wire/take-over-session.js';

/** How long a client may take to answer a goodbye, in ms. */
const GOODBYE_PATIENCE = 500;

/** How much of what a client calls its key is logged, in characters. */
const MAX_SHOWN = 64;

export interface ConnectionOptions {
  /** What the broker calls itself. */
  readonly id: string;
  /** Why this client cannot be served. It is told so when it attaches: then somebody waits for an answer. */
  readonly refusal: BrokerError | undefined;
  /** Told once when the connection is over. */
  readonly ended: () => void;
}

/** One client: its links, and an end to all of them however the connection ends. */
export class Connection {
  readonly #core: BrokerCore;
  readonly #socket: Duplex;
  readonly #connection: ConnectionInternals;
  readonly #writer: FrameWriter;
  readonly #links = new Map<LinkInternals, Attached>();
  readonly #access: ConnectionAccess;
  readonly #idle: IdleWatch | undefined;
  readonly #refusal: BrokerError | undefined;
  readonly #ended: () => void;
  #closed = false;
  #goodbye: NodeJS.Timeout | undefined;

  /** @param socket connected already */
  constructor(core: BrokerCore, socket: Duplex, { id, refusal, ended }: ConnectionOptions) {
    const connection = createConnection(id, (keyName, key) => this.#signIn(keyName, key));
    this.#core = core;
    this.#socket = socket;
    this.#connection = connection;
    this.#refusal = refusal;
    this.#ended = ended;
    this.#access = core.openAccess((link, error) => this.#detachLink(link as LinkInternals, error));
    this.#idle = core.enforceIdleTimeouts ? this.#watchIdleness() : undefined;
    this.#listen();
    this.#writer = new FrameWriter(socket);
    acknowledgeInput(socket, connection, this.#writer);
    readFramesOf(connection);
    connection.accept(socket);
    limitFrames(connection);
    // rhea does not notice a socket that was destroyed: without this its links would go on taking messages.
    socket.once('close', () => {
      connection.socket_ready = false; // Or a late frame would arm its timers again.
      connection._disconnected();
      this.#end();
    });
    socket.on('drain', () => this.#wakeReceivers());
  }

  /** Detaches every link to an entity, or to any. @returns how many there were */
  detach(error: BrokerError, entity?: Entity): number {
    let count = 0;
    for (const [link, attached] of this.#links) {
      if (!attached.entity || (entity && attached.entity !== entity)) continue;
      this.#detachLink(link, error);
      count++;
    }
    return count;
  }

  isAttachedTo(entity: Entity): boolean {
    return [...this.#links.values()].some((attached) => attached.entity === entity);
  }

  /** Says goodbye, waits a moment for the answer, and hangs up. @param error why */
  close(error: BrokerError): void {
    if (!this.#connection.is_open()) return this.drop();
    for (const session of new Set([...this.#links.keys()].map((link) => link.session))) answerEverything(session);
    this.#connection.close(amqpError(error));
    // The wait begins as the goodbye leaves: a broker that is held up in between must not cut it off.
    this.#writer.atPause(() => this.#dropSoon());
  }

  /** Ends without a goodbye, as a network does. */
  drop(): void {
    this.#socket.destroy();
  }

  #dropSoon(): void {
    if (this.#closed) return;
    clearTimeout(this.#goodbye);
    this.#goodbye = setTimeout(() => this.drop(), GOODBYE_PATIENCE);
  }

  /** A client that shows a wrong key is told so, and then hung up on. */
  #signIn(keyName: string, key: string): boolean {
    if (this.#access.signIn(keyName, key)) return true;
    this.#core.log('warn', 'A client was disconnected: it showed a wrong key.', {
      keyName: keyName.slice(0, MAX_SHOWN),
    });
    setImmediate(() => {
      if (this.#closed) return;
      this.#socket.end();
      this.#dropSoon();
    });
    return false;
  }

  #detachLink(link: LinkInternals, error: BrokerError): void {
    const attached = this.#links.get(link);
    if (attached && 'detach' in attached) attached.detach(error);
    else detach(link, error);
  }

  #watchIdleness(): IdleWatch {
    return new IdleWatch({
      clock: this.#core.clock,
      awaitsToken: () => this.#access.awaitsToken,
      detach: (idle, error) => {
        for (const [link, attached] of this.#links) if (attached === idle) this.#detachLink(link, error);
      },
      close: (error) => this.close(error),
    });
  }

  #listen(): void {
    const connection = this.#connection;
    const on = (event: string, listener: (context: LinkContext) => void) =>
      connection.on(event, listener as (context: never) => void);
    on('session_open', ({ session }) => session && this.#sessionBegan(session));
    on(
      'receiver_open',
      ({ receiver }) => receiver && this.#attach(receiver, () => attachSender(this.#core, receiver, this.#access)),
    );
    on('sender_open', ({ sender }) => sender && this.#attach(sender, () => this.#attachReceiver(sender)));
    for (const event of ['receiver_close', 'sender_close', 'receiver_error', 'sender_error']) {
      on(event, ({ receiver, sender }) => this.#detached(receiver ?? sender));
    }
    on('session_close', ({ session }) => session && this.#sessionEnded(session));
    on('session_error', () => undefined);
    on('connection_close', () => this.#detachAll());
    on('connection_error', () => undefined);
    on('disconnected', () => this.#detachAll());
    on('protocol_error', (error) => this.#broken(error));
    on('error', (error) => this.#broken(error));
  }

  #attachReceiver(sender: SenderInternals): AttachedReceiver | undefined {
    return attachReceiver(this.#core, sender, {
      access: this.#access,
      unreadBytes: () => this.#socket.writableLength + this.#writer.gathered,
      attached: (link) => {
        this.#attached(sender, link);
        link.ready();
      },
    });
  }

  /** Attaches, or refuses: an attach without source and target, and then a detach that says why. */
  #attach(link: LinkInternals, attach: () => Attached | undefined): void {
    try {
      if (this.#refusal) throw this.#refusal;
      const attached = attach();
      if (attached) this.#attached(link, attached);
    } catch (error) {
      const reason = toBrokerError(error, (unexpected) =>
        this.#core.log('error', 'An attach failed.', { link: link.name, error: unexpected }),
      );
      link.local.attach.source = null;
      link.local.attach.target = null;
      link.close(amqpError(reason));
      if (this.#refusal) this.close(this.#refusal);
    }
  }

  #attached(link: LinkInternals, attached: Attached): void {
    this.#links.set(link, attached);
    const carriesMessages = attached instanceof IncomingLink || attached instanceof OutgoingLink;
    if (attached.entity) this.#idle?.opened(link, carriesMessages ? attached : undefined);
  }

  #sessionBegan(session: SessionInternals): void {
    readTermini(session);
    const target = (receiver: ReceiverInternals) => {
      const attached = this.#links.get(receiver);
      return attached && 'take' in attached ? attached : undefined;
    };
    takeOverSession(session, this.#writer, {
      limit: (receiver) => target(receiver)?.maxMessageSize ?? 0,
      take: (receiver, transfer) => {
        // What is still on its way when the connection was closed counts as never sent.
        if (this.#connection.is_open()) target(receiver)?.take(transfer);
      },
      settled: (delivery, outcome, state) => {
        const attached = this.#links.get(delivery.link);
        if (attached instanceof OutgoingLink) attached.settled(delivery, outcome, state);
      },
    });
  }

  #wakeReceivers(): void {
    for (const attached of this.#links.values()) if (attached instanceof OutgoingLink) attached.ready();
  }

  #detached(link: LinkInternals | undefined): void {
    if (!link) return;
    this.#links.get(link)?.closed();
    link.session.outgoing.forget(link);
    this.#access.unwatch(link);
    this.#links.delete(link);
    this.#idle?.closed(link);
  }

  #sessionEnded(session: SessionInternals): void {
    for (const link of [...this.#links.keys()]) if (link.session === session) this.#detached(link);
  }

  #detachAll(): void {
    for (const link of [...this.#links.keys()]) this.#detached(link);
  }

  /** The client does not speak AMQP, or not properly: nothing it says from here on can be trusted. */
  #broken(error: unknown): void {
    this.#core.log('warn', 'A client was disconnected: it broke the protocol.', { error: String(error) });
    if (this.#connection.is_open()) {
      this.#connection.close({ condition: 'amqp:connection:framing-error', description: String(error) });
    }
    setImmediate(() => this.#hangUp());
  }

  #hangUp(): void {
    const socket = this.#socket as Duplex & { destroySoon?: () => void };
    if (socket.destroySoon) socket.destroySoon();
    else socket.destroy();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#goodbye);
    this.#detachAll();
    this.#access.close();
    this.#idle?.end();
    this.#ended();
  }
}

/** A frame that says it is huge would make rhea collect bytes until memory ends. */
function limitFrames({ transport }: ConnectionInternals): void {
  const peek = transport.peek_size.bind(transport);
  transport.peek_size = (buffer) => {
    const size = peek(buffer);
    if (size !== undefined && size > MAX_FRAME_SIZE) throw new Error(`A frame of ${size} bytes was announced.`);
    return size;
  };
}
