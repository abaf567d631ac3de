import type { PropertyChanges } from '../codec/application-properties.js';
import { withChanges } from './check-message.js';
import { type DeadLetterCause, tooManyDeliveries } from './dead-letter-cause.js';
import { BrokerError, messageLockLost, sessionLockLost } from './errors.js';
import type { StoredMessage } from '../message.js';
import { QueueContents, type QueueCounts } from './queue-contents.js';
import type { QueuePorts } from './queue-ports.js';
import { QueuedMessage } from './queued-message.js';
import type { Session } from './session.js';
import { SessionTable } from './session-table.js';
import { WaitingReceivers } from './waiting-receivers.js';

/**
 * Messages in order, handed out under locks and settled: the inside of a queue, a subscription or a dead-letter queue.
 * It knows neither links nor other entities. Every operation is O(log n) at most.
 */
export class MessageQueue {
  readonly path: string;
  /** Present where messages can be received by session only. */
  readonly sessions: SessionTable | undefined;
  /** Receivers with credit waiting for a message outside any session. */
  readonly receivers = new WaitingReceivers();
  readonly #ports: QueuePorts;
  readonly #contents: QueueContents;
  #lastSequenceNumber = 0;
  #deleted = false;

  constructor(path: string, requiresSession: boolean, ports: QueuePorts) {
    this.path = path;
    this.#ports = ports;
    this.sessions = requiresSession
      ? new SessionTable({
          timers: ports.timers,
          lockDuration: () => ports.settings().lockDuration,
          release: (message, expired, now) => this.#unlock(message, expired, now),
        })
      : undefined;
    this.#contents = new QueueContents(this.sessions);
  }

  get counts(): QueueCounts {
    return this.#contents.counts;
  }

  get bytes(): number {
    return this.#contents.bytes;
  }

  get lastSequenceNumber(): number {
    return this.#lastSequenceNumber;
  }

  /** How many sessions have a state. */
  get sessionStates(): number {
    return this.sessions?.states ?? 0;
  }

  nextSequenceNumber(): number {
    return ++this.#lastSequenceNumber;
  }

  /** Numbers up to `last` have been used. */
  skipTo(last: number): void {
    this.#lastSequenceNumber = Math.max(this.#lastSequenceNumber, last);
  }

  /** Makes a message of this queue; it is not visible before {@link publish}. */
  prepare(message: Omit<StoredMessage, 'sequenceNumber'>): QueuedMessage {
    return new QueuedMessage(this, message, this.nextSequenceNumber());
  }

  /** The message is here now, and available when it is active. */
  publish(message: QueuedMessage, now: number): void {
    if (this.#deleted) return;
    this.#add(message, now);
    this.#ports.published(now);
  }

  /** Adds a message that the journal has. */
  restore(message: StoredMessage, now: number): void {
    this.skipTo(message.sequenceNumber);
    this.#add(new QueuedMessage(this, message, message.sequenceNumber), now);
  }

  /** Sets what a session's receivers keep with it; undefined clears it. */
  setSessionState(sessionId: string, state: Buffer | undefined, at: number): void {
    this.sessions?.setState(sessionId, state, at);
  }

  find(sequenceNumber: number): QueuedMessage | undefined {
    return this.#contents.find(sequenceNumber);
  }

  /** The messages from a sequence number on, in any state and in order; of one session when `sessionId` is given. */
  from(sequenceNumber: number, sessionId?: string): Iterable<QueuedMessage> {
    return this.#contents.from(sequenceNumber, sessionId);
  }

  /** Whether a message outside any session is available. */
  get hasReady(): boolean {
    return this.#contents.hasReady;
  }

  /** Locks the first available message, of `session` where sessions are required. */
  receive(now: number, session?: Session): QueuedMessage | undefined {
    const message = this.#first(now, session);
    if (message) this.lock(message, now);
    return message;
  }

  /** Takes the first available message out of the queue. */
  take(now: number, session?: Session): QueuedMessage | undefined {
    const message = this.#first(now, session);
    if (message) this.remove(message);
    return message;
  }

  /** Locks a message that is not locked. */
  lock(message: QueuedMessage, now: number): void {
    this.#contents.removeFromReady(message);
    const session = this.#contents.sessionOf(message);
    // In a session it is the session that is locked.
    const until = session ? Infinity : now + this.#ports.settings().lockDuration;
    message.lock = { id: this.#ports.nextLockId(), until };
    session?.unsettled.add(message);
    if (!session) this.#ports.timers.schedule(message, until);
  }

  /** When the lock of a message ends, its session's where there is one. */
  lockedUntil(message: QueuedMessage): number | undefined {
    return this.#contents.sessionOf(message)?.lock?.until ?? message.lock?.until;
  }

  /** @throws BrokerError message-lock-lost or session-lock-lost unless the message is still under this lock */
  locked(sequenceNumber: number, lockId: number, now: number): QueuedMessage {
    const message = this.#contents.find(sequenceNumber);
    const until = message && this.lockedUntil(message);
    if (message?.lock?.id === lockId && until !== undefined && until > now) return message;
    if (message?.sessionId !== undefined && this.sessions) throw sessionLockLost(message.sessionId);
    throw messageLockLost();
  }

  /** @returns the new end of the lock */
  renew(message: QueuedMessage, now: number): number {
    const until = now + this.#ports.settings().lockDuration;
    if (message.lock) message.lock.until = until;
    this.#ports.timers.schedule(message, until);
    return until;
  }

  /** Ends a lock without counting a delivery: the message never reached its receiver, or was handed back untouched. */
  release(message: QueuedMessage, now: number): void {
    this.#unlock(message, false, now);
  }

  /**
   * Ends a lock and counts a failed delivery; a deferred message stays deferred.
   * @throws BrokerError argument-error when the changes make its properties too large; then it stays locked
   */
  abandon(message: QueuedMessage, changes: PropertyChanges | undefined, now: number): void {
    this.#modify(message, changes);
    this.#unlock(message, true, now, changes !== undefined && changes.size > 0);
  }

  /**
   * Sets a message aside: only its sequence number finds it again.
   * @throws BrokerError argument-error when the changes make its properties too large; then it stays locked
   */
  defer(message: QueuedMessage, changes: PropertyChanges | undefined, now: number): void {
    this.#modify(message, changes);
    this.#contents.defer(message);
    this.#unlock(message, true, now, changes !== undefined && changes.size > 0);
  }

  /**
   * @throws BrokerError on a dead-letter queue, which has none of its own, and argument-error when the receiver's
   * properties make the message's too large; then it stays locked
   */
  deadLetter(message: QueuedMessage, cause: DeadLetterCause, now: number): void {
    if (!this.#ports.deadLetter) {
      throw new BrokerError('amqp:not-allowed', 'A message in a dead-letter queue cannot be dead-lettered again.');
    }
    this.#ports.deadLetter(message, cause, now);
  }

  /** Takes a message out and records that. */
  remove(message: QueuedMessage): void {
    this.#ports.record({ type: 'removed', path: this.path, sequenceNumber: message.sequenceNumber });
    this.extract(message);
  }

  /** Takes a message out, when another event records that it went. */
  extract(message: QueuedMessage): void {
    this.#ports.timers.cancel(message);
    message.lock = undefined;
    this.#contents.delete(message);
  }

  timerFired(message: QueuedMessage, now: number): void {
    if (message.lock) this.#unlock(message, true, now);
    else if (message.state === 'scheduled') this.#ports.activate(message, now);
    else this.#ports.expire(message, now);
  }

  /** Cancels every timer: nothing here happens by itself any more. */
  close(): void {
    for (const message of this.#contents.from(0)) this.#ports.timers.cancel(message);
    this.sessions?.close();
  }

  /**
   * Sends on the first messages that are available, where the entity forwards.
   * @param limit at most so many
   * @returns whether more are to go on
   */
  forwardSome(limit: number, now: number): boolean {
    for (const message of this.#contents.ready(limit)) if (!this.#ports.forward(message, now)) return false;
    return this.hasReady;
  }

  /**
   * Removes everything, for good: another entity may get the same name, and what receivers of this one still settle must
   * not be recorded for that one's messages.
   */
  delete(): void {
    this.close();
    this.#deleted = true;
    this.#contents.clear();
  }

  #add(message: QueuedMessage, now: number): void {
    this.#contents.add(message);
    this.#queueUp(message, now);
  }

  /** Queues up a message that is not locked: behind its timer when it is scheduled, else among the available ones. */
  #queueUp(message: QueuedMessage, now: number): void {
    if (message.state === 'deferred') return;
    if (message.state === 'scheduled') {
      this.#ports.timers.schedule(message, message.scheduledFor ?? now);
      return;
    }
    if (message.expiresAt !== undefined) {
      this.#ports.timers.schedule(message, message.expiresAt);
    }
    const session = this.#contents.addToReady(message);
    if (session) session.wake();
    else this.receivers.wakeOne();
  }

  #unlock(message: QueuedMessage, failed: boolean, now: number, modified = false): void {
    message.lock = undefined;
    this.#ports.timers.cancel(message);
    this.#contents.sessionOf(message)?.unsettled.delete(message);
    if (failed) {
      // A dead letter keeps the count it came with.
      if (this.#ports.deadLetter) message.deliveryCount++;
      if (
        this.#ports.deadLetter &&
        message.deliveryCount >= this.#ports.settings().maxDeliveryCount &&
        message.state === 'active'
      ) {
        return this.deadLetter(message, tooManyDeliveries(this.#ports.settings().maxDeliveryCount), now);
      }
      this.#ports.record({
        type: 'changed',
        path: this.path,
        sequenceNumber: message.sequenceNumber,
        deliveryCount: message.deliveryCount,
        state: message.state === 'deferred' ? 'deferred' : 'active',
        content: modified ? message.content : undefined,
      });
    }
    if (message.state === 'active' && this.#ports.forward(message, now)) return;
    this.#queueUp(message, now);
  }

  #modify(message: QueuedMessage, changes: PropertyChanges | undefined): void {
    if (!changes || changes.size === 0) return;
    this.#contents.replaceContent(message, withChanges(message.content, changes));
  }

  #first(now: number, session: Session | undefined): QueuedMessage | undefined {
    for (;;) {
      const message = this.#contents.firstReady(session);
      if (message?.expiresAt === undefined || message.expiresAt > now) return message;
      this.#ports.expire(message, now);
    }
  }
}
