import type { BrokerCore } from '../broker-core.js';
import { writeMessage } from '../codec/write-message.js';
import type { Entity } from '../entities/entity.js';
import { type BrokerError, sessionLockLost } from '../entities/errors.js';
import type { MessageQueue } from '../entities/message-queue.js';
import type { QueuedMessage } from '../entities/queued-message.js';
import type { Session, SessionHolder } from '../entities/session.js';
import type { WaitingReceiver } from '../entities/waiting-receivers.js';
import { Alarm } from './alarm.js';
import { ACCEPTED, rejected, toBrokerError } from './amqp-error.js';
import { detach } from './detach.js';
import type { LockToken } from '../codec/lock-token.js';
import { settle } from './settle.js';
import type { FlowFields, RemoteState, SenderInternals } from './rhea-internals.js';
import type { Outcome, OutgoingDelivery } from './wire/outgoing-transfers.js';

/** Bytes a slow reader may leave unread before it gets no more. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

export interface OutgoingLinkOptions {
  readonly entity: Entity;
  readonly queue: MessageQueue;
  /** Present where sessions are required. */
  readonly session: Session | undefined;
  /** As whom the link holds the session; itself by default. */
  readonly holder?: SessionHolder;
  /** Messages are gone once they are sent. */
  readonly receiveAndDelete: boolean;
  /** Bytes written to the client and not yet taken by it. */
  readonly unreadBytes: () => number;
}

/** A client's receiver: hands out messages as far as its credit goes, and settles them as the client says. */
export class OutgoingLink implements WaitingReceiver, SessionHolder {
  readonly entity: Entity;
  readonly #core: BrokerCore;
  readonly #sender: SenderInternals;
  readonly #options: OutgoingLinkOptions;
  readonly #held = new Map<OutgoingDelivery, LockToken>();
  /** Deliveries that are not written yet: they use credit that the link still shows. */
  #unwritten: OutgoingDelivery[] = [];
  #unwrittenBytes = 0;
  #scheduled = false;
  #closed = false;
  #usedAt: number;

  constructor(core: BrokerCore, sender: SenderInternals, options: OutgoingLinkOptions) {
    this.#core = core;
    this.#sender = sender;
    this.#options = options;
    this.entity = options.entity;
    this.#usedAt = core.clock.now();
    core.receivers.entered(this.entity);
    sender._get_drain = () => this.#answerDrain();
    // rhea would tell every listener up to its container twice for each message a client asks for.
    sender.on_flow = ({ performative }) => this.#flow(performative);
  }

  get name(): string {
    return this.#sender.name;
  }

  get client(): object {
    return this.#sender.connection;
  }

  get session(): Session | undefined {
    return this.#options.session;
  }

  /** When something was last received or settled, ms since 1970. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** Whether the client waits for messages. */
  get waiting(): boolean {
    return this.#sender.credit > 0;
  }

  /** There may be messages: looks for them before the turn ends, once for all that came meanwhile. */
  ready(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  /** The client changed its credit, or asks to use it up. */
  #flow({ delivery_count: count, link_credit: credit, drain }: FlowFields): void {
    this.#usedAt = this.#core.clock.now();
    const sender = this.#sender;
    sender.credit = ((count ?? 0) + (credit ?? 0) - sender.delivery_count) >>> 0;
    sender._draining = drain;
    if (!sender.is_open()) return;
    this.#pump();
    if (!drain) return;
    this.#options.queue.receivers.delete(this);
    sender.issue_flow = true;
    sender.connection._register();
  }

  /** The client says what became of a delivery. */
  settled(delivery: OutgoingDelivery, outcome: Outcome, state: RemoteState | undefined): void {
    const token = this.#held.get(delivery);
    if (!token || delivery.settled) return;
    this.#held.delete(delivery);
    const fault = this.#core.faults.settlement(this.entity.path);
    if (fault === 'lost') return;
    const { clock } = this.#core;
    if (fault === 0) this.#settle(delivery, token, outcome, state);
    else clock.timers.schedule(new Alarm(() => this.#settle(delivery, token, outcome, state)), clock.now() + fault);
  }

  #settle(delivery: OutgoingDelivery, token: LockToken, outcome: Outcome, state: RemoteState | undefined): void {
    try {
      settle(this.#options.queue, token, outcome, state, this.#core.clock.now());
      this.#used();
      this.#core.whenDurable((error) =>
        error === undefined ? this.#reply(delivery, ACCEPTED) : this.#fail(delivery, error),
      );
    } catch (error) {
      this.#fail(delivery, error);
    }
  }

  /** The session's lock ran out. */
  lost(): void {
    this.detach(sessionLockLost(this.#options.session?.id ?? ''));
  }

  detach(error: BrokerError): void {
    detach(this.#sender, error);
    this.closed();
  }

  /** The client is gone or detached. Locks of messages it has seen stay until they expire, as on Azure. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#core.receivers.left(this.entity);
    const { queue, session } = this.#options;
    const now = this.#core.clock.now();
    queue.receivers.delete(this);
    this.#releaseUnwritten(now);
    if (session) queue.sessions?.release(session, this.#options.holder ?? this, now);
    else if (queue.hasReady) queue.receivers.wakeOne();
  }

  #pump(): void {
    if (this.#closed || !this.#sender.is_open()) return;
    // rhea writes transfers before an attach that is due in the same turn: waits for the attach to be gone.
    if (this.#sender.state.open_requests > 0) return this.#later();
    const { queue, session, receiveAndDelete } = this.#options;
    const now = this.#core.clock.now();
    let credit = this.#credit();
    while (credit > 0) {
      if (this.#sender.session.outgoing.available() === 0 || this.#tooMuchUnread()) return;
      const message = receiveAndDelete ? queue.take(now, session) : queue.receive(now, session);
      if (!message) break;
      this.#send(message);
      credit--;
    }
    if (credit > 0 && !session) queue.receivers.add(this);
    else if (queue.hasReady) queue.receivers.wakeOne();
  }

  /** Whether the client lags behind. It is woken when its socket has drained, or rhea has written what it has. */
  #tooMuchUnread(): boolean {
    const unread = this.#options.unreadBytes();
    if (unread > MAX_UNREAD_BYTES) return true;
    if (unread + this.#unwrittenBytes <= MAX_UNREAD_BYTES) return false;
    this.#later();
    return true;
  }

  #later(): void {
    setImmediate(() => this.ready());
  }

  #send(message: QueuedMessage): void {
    const { queue, receiveAndDelete } = this.#options;
    this.#used();
    const token = { sequenceNumber: message.sequenceNumber, lockId: message.lock?.id ?? 0 };
    const bytes = writeMessage(message, receiveAndDelete ? undefined : queue.lockedUntil(message));
    const delivery = this.#sender.session.outgoing.send(this.#sender, this.#core.tokens.tag(token), bytes);
    this.#unwritten.push(delivery);
    this.#unwrittenBytes += bytes.length;
    if (receiveAndDelete) delivery.settled = true;
    else this.#held.set(delivery, token);
  }

  #used(): void {
    this.#usedAt = this.#core.clock.now();
    this.entity.lifecycle.touch(this.#usedAt);
  }

  #credit(): number {
    if (this.#unwritten[0]?.isWritten) {
      this.#unwritten = this.#unwritten.filter((delivery) => !delivery.isWritten);
      this.#unwrittenBytes = this.#unwritten.reduce((sum, { payload }) => sum + payload.length, 0);
    }
    return this.#sender.credit - this.#unwritten.length;
  }

  /** Always answers: a client that is not answered within 200 ms gives its link up. */
  #answerDrain(): boolean {
    if (!this.#sender._draining) return false;
    this.#sender.delivery_count += this.#sender.credit;
    this.#sender.credit = 0;
    return true;
  }

  #reply(delivery: OutgoingDelivery, state: unknown): void {
    delivery.settle(state);
    if (this.#sender.credit > 0) this.ready();
  }

  #fail(delivery: OutgoingDelivery, error: unknown): void {
    const reason = toBrokerError(error, (unexpected) =>
      this.#core.log('error', 'A settlement failed.', { entity: this.entity.path, error: unexpected }),
    );
    this.#reply(delivery, rejected(reason));
  }

  /** Messages that never left are available again, no delivery counted. */
  #releaseUnwritten(now: number): void {
    this.#credit();
    for (const delivery of this.#unwritten) {
      const token = this.#held.get(delivery);
      if (!token) continue;
      const message = this.#options.queue.find(token.sequenceNumber);
      if (message?.lock?.id === token.lockId) this.#options.queue.release(message, now);
    }
  }
}
