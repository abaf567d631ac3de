import type { AttachAnswer, DeliveryState, Outcome, SenderLink } from '@orderflow/amqp';
import type { BrokerCore } from '../broker-core.js';
import { type LockToken, LockTokens } from '../codec/lock-token.js';
import { writeDelivered } from '../codec/write-message.js';
import type { Entity } from '../entities/entity.js';
import { sessionLockLost } from '../entities/errors.js';
import type { MessageQueue } from '../entities/message-queue.js';
import type { QueuedMessage } from '../entities/queued-message.js';
import type { Session, SessionHolder } from '../entities/session.js';
import type { WaitingReceiver } from '../entities/waiting-receivers.js';
import { Alarm } from './alarm.js';
import { amqpError, bare, rejected, toBrokerError } from './amqp-error.js';
import type { Answerable, Attached } from './attached.js';
import { settle } from './settle.js';
import { noTransactions } from './transactions.js';

/** How far what is sent to a client has come. */
export interface ClientOutput {
  /** Pieces that were written to the client so far; what is sent now leaves with the next. */
  readonly pieces: number;
  /** Whether the client is gone: what has not left never will. */
  readonly isGone: boolean;
  /** Writes what is gathered if that is much. */
  relieve(): void;
}

/** The token of a message that is being sent, as a uuid and as a tag: nobody keeps them. */
const TOKEN = { uuid: Buffer.alloc(16), tag: Buffer.alloc(16) };

/** What happens before the turn ends: a promise costs less than queueMicrotask, which keeps track of who called it. */
const THIS_TURN = Promise.resolve();

export interface OutgoingLinkOptions {
  readonly entity: Entity;
  readonly queue: MessageQueue;
  /** Present where sessions are required. */
  readonly session: Session | undefined;
  /** As whom the link holds the session; itself by default. */
  readonly holder?: SessionHolder;
  /** Messages are gone once they are sent. */
  readonly receiveAndDelete: boolean;
  /** How the attach is answered; by default as the client said it. */
  readonly answer?: AttachAnswer;
  /** Whose receiver it is. */
  readonly client: object;
  readonly output: ClientOutput;
}

/** A client's receiver: hands out messages as far as its credit goes, and settles them as the client says. */
export class OutgoingLink implements Attached, WaitingReceiver, SessionHolder {
  readonly entity: Entity;
  readonly #core: BrokerCore;
  readonly #sender: SenderLink;
  readonly #options: OutgoingLinkOptions;
  /** What leaves with the next piece. */
  #unwritten: GivenMessage[] = [];
  #nextPiece = 0;
  #scheduled = false;
  #closed = false;
  #usedAt: number;
  /** See {@link WaitingReceiver}. */
  waitsAt: WaitingReceiver['waitsAt'] = undefined;

  constructor(core: BrokerCore, sender: SenderLink, options: OutgoingLinkOptions) {
    this.#core = core;
    this.#sender = sender;
    this.#options = options;
    this.entity = options.entity;
    this.#usedAt = core.clock.now();
    core.receivers.entered(this.entity);
  }

  get name(): string {
    return this.#sender.attach.name;
  }

  get client(): object {
    return this.#options.client;
  }

  /** When something was last received or settled, ms since 1970. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** Whether the client waits for messages. */
  get waiting(): boolean {
    return this.#sender.credit > 0;
  }

  open(): void {
    this.#sender.accept(this.#options.answer);
  }

  sendable(): void {
    this.#usedAt = this.#core.clock.now();
    this.ready();
  }

  /** There may be messages: looks for them before the turn ends, once for all that came meanwhile. */
  ready(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    void THIS_TURN.then(this.#look);
  }

  readonly #look = (): void => {
    this.#scheduled = false;
    this.#pump();
  };

  /** Always answers: a client that is not answered within 200 ms gives its link up. */
  drain(): void {
    this.#usedAt = this.#core.clock.now();
    this.#pump();
    this.#options.queue.receivers.delete(this);
    this.#sender.drained();
  }

  /** The session's lock ran out. */
  lost(): void {
    this.#sender.detach(amqpError(sessionLockLost(this.#options.session?.id ?? '')));
  }

  /** Locks of messages the client may have seen stay until they expire, as on Azure. */
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

  /** The client says what became of a message. */
  settle(given: GivenMessage, outcome: Outcome): void {
    try {
      const now = this.#core.clock.now();
      settle(this.#options.queue, given, outcome, now);
      this.#used(now);
      this.#core.whenDurable((error) =>
        error === undefined ? this.#sender.settle(given.id, bare(outcome)) : this.fail(given, error),
      );
    } catch (error) {
      this.fail(given, error);
    }
  }

  #pump(): void {
    if (this.#closed) return;
    const { queue, session, receiveAndDelete } = this.#options;
    const sender = this.#sender;
    const now = this.#core.clock.now();
    while (sender.canSend) {
      const message = receiveAndDelete ? queue.take(now, session) : queue.receive(now, session);
      if (!message) {
        if (!session) queue.receivers.add(this);
        return;
      }
      this.#send(message, now);
    }
    // There may be more than this client takes now; the engine tells when it takes more.
    if (queue.hasReady) queue.receivers.wakeOne();
  }

  #send(message: QueuedMessage, now: number): void {
    const { queue, receiveAndDelete, output } = this.#options;
    this.#used(now);
    const given = new GivenMessage(this, this.#core, message);
    const token = this.#core.tokens.encode(given, TOKEN.uuid);
    const bytes = writeDelivered(message, receiveAndDelete ? undefined : { until: queue.lockedUntil(message), token });
    const tag = LockTokens.tag(token, TOKEN.tag);
    const keeps = receiveAndDelete ? undefined : given;
    const id = this.#sender.send(tag, bytes, { settled: receiveAndDelete, format: 0, batchable: true, token: keeps });
    if (keeps && id !== undefined) this.#given(keeps, id);
    output.relieve();
  }

  #given(given: GivenMessage, id: number): void {
    const { pieces } = this.#options.output;
    given.id = id;
    if (this.#nextPiece !== pieces) this.#unwritten = [];
    this.#nextPiece = pieces;
    this.#unwritten.push(given);
  }

  #used(now: number): void {
    this.#usedAt = now;
    this.entity.lifecycle.touch(now);
  }

  /** What the client says of a message cannot be done. */
  fail({ id }: GivenMessage, error: unknown): void {
    const reason = toBrokerError(error, (unexpected) =>
      this.#core.log('error', 'A settlement failed.', { entity: this.entity.path, error: unexpected }),
    );
    this.#sender.settle(id, rejected(reason));
  }

  /** Messages that have not left, or not wholly, are available again, no delivery counted. */
  #releaseUnwritten(now: number): void {
    const { queue, output } = this.#options;
    const never = output.isGone && this.#nextPiece === output.pieces ? this.#unwritten : [];
    for (const given of [...never, this.#sender.unfinished]) {
      if (!(given instanceof GivenMessage)) continue;
      const message = queue.find(given.sequenceNumber);
      if (message?.lock?.id === given.lockId) queue.release(message, now);
    }
  }
}

/** A message that a client was given under a lock. */
class GivenMessage implements Answerable, LockToken {
  readonly #link: OutgoingLink;
  readonly #core: BrokerCore;
  readonly sequenceNumber: number;
  readonly lockId: number;
  /** The engine's number of the delivery. */
  id = -1;
  #isSettled = false;

  constructor(link: OutgoingLink, core: BrokerCore, { sequenceNumber, lock }: QueuedMessage) {
    this.#link = link;
    this.#core = core;
    this.sequenceNumber = sequenceNumber;
    this.lockId = lock?.id ?? 0;
  }

  /** What the client says counts once; a state that is no outcome says nothing. */
  settled(state: DeliveryState | undefined): void {
    if (state?.type === 'transactional-state') return this.#link.fail(this, noTransactions());
    const outcome = outcomeOf(state);
    if (!outcome || this.#isSettled) return;
    this.#isSettled = true;
    const fault = this.#core.faults.settlement(this.#link.entity.path);
    if (fault === 'lost') return;
    const { clock } = this.#core;
    if (fault === 0) this.#link.settle(this, outcome);
    else clock.timers.schedule(new Alarm(() => this.#link.settle(this, outcome)), clock.now() + fault);
  }
}

function outcomeOf(state: DeliveryState | undefined): Outcome | undefined {
  switch (state?.type) {
    case 'accepted':
    case 'released':
    case 'modified':
    case 'rejected':
      return state;
    default:
      return undefined;
  }
}
