import { sessionCannotBeLocked, sessionLockLost } from './errors.js';
import type { QueuedMessage } from './queued-message.js';
import { SequenceMap } from './sequence-map.js';
import { Session, type SessionHolder } from './session.js';
import type { TimerQueue } from './timer-queue.js';
import { WaitingReceivers } from './waiting-receivers.js';

interface SessionTableOptions {
  readonly timers: TimerQueue;
  /** Ms. */
  readonly lockDuration: () => number;
  /** What to do with a message whose session is no longer held; `expired` when the lock ran out. */
  readonly release: (message: QueuedMessage, expired: boolean, now: number) => void;
}

/** The sessions of a queue: which can be accepted, by whom they are held, and until when. */
export class SessionTable {
  readonly #options: SessionTableOptions;
  readonly #sessions = new Map<string, Session>();
  /** Sessions with messages and without a holder, the one that waits longest first. */
  readonly #free = new SequenceMap<Session>();
  #lastTicket = 0;
  #states = 0;
  /** Receivers waiting for any session. */
  readonly acceptors = new WaitingReceivers();

  constructor(options: SessionTableOptions) {
    this.#options = options;
  }

  /** How many sessions have a state. */
  get states(): number {
    return this.#states;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** The session a message belongs to, made when it is the first one. */
  of(id: string): Session {
    let session = this.#sessions.get(id);
    if (!session) this.#sessions.set(id, (session = new Session(this, id)));
    return session;
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** Sets what a session's receivers keep with it; undefined clears it. @param at ms since 1970 */
  setState(id: string, state: Buffer | undefined, at: number): void {
    const session = this.of(id);
    this.#states += Number(state !== undefined) - Number(session.state !== undefined);
    session.state = state;
    session.stateSetAt = at;
    this.removeIfEmpty(session);
  }

  /** @throws BrokerError session-cannot-be-locked when another receiver holds it */
  accept(id: string, holder: SessionHolder, now: number): Session {
    const session = this.of(id);
    if (session.isHeld(now)) throw sessionCannotBeLocked(id);
    this.#hold(session, holder, now);
    return session;
  }

  /** The session that has waited longest, or undefined: join {@link acceptors} then. */
  acceptNext(holder: SessionHolder, now: number): Session | undefined {
    const session = this.#free.first();
    if (session) this.#hold(session, holder, now);
    return session;
  }

  /** @returns the new end of the lock. @throws BrokerError session-lock-lost */
  renew(session: Session, holder: SessionHolder, now: number): number {
    this.check(session, holder, now);
    const until = now + this.#options.lockDuration();
    if (session.lock) session.lock.until = until;
    this.#options.timers.schedule(session, until);
    return until;
  }

  /** @throws BrokerError session-lock-lost unless `holder` (or, without one, anybody) holds the session */
  check(session: Session | undefined, holder: SessionHolder | undefined, now: number): void {
    if (!session?.isHeld(now)) throw sessionLockLost(session?.id ?? '');
    if (holder && session.lock?.holder !== holder) throw sessionLockLost(session.id);
  }

  /** The receiver is done with the session; what it had not settled is available again, no delivery counted. */
  release(session: Session, holder: SessionHolder, now: number): void {
    if (session.lock?.holder === holder) this.#unlock(session, false, now);
  }

  lockExpired(session: Session, now: number): void {
    const holder = session.lock?.holder;
    this.#unlock(session, true, now);
    holder?.lost();
  }

  sessionReady(session: Session): void {
    if (session.lock) session.lock.holder.ready();
    else this.#makeAvailable(session);
  }

  /** Removes a session that has nothing left. */
  removeIfEmpty(session: Session): void {
    if (session.ready.size === 0) this.#makeUnavailable(session);
    if (session.empty) this.#sessions.delete(session.id);
  }

  close(): void {
    for (const session of this.#sessions.values()) this.#options.timers.cancel(session);
  }

  /** Deletes all sessions; their locks are lost. */
  delete(): void {
    this.close();
    for (const session of this.#sessions.values()) {
      this.#makeUnavailable(session);
      session.lock = undefined;
      session.unsettled.clear();
    }
    this.#sessions.clear();
    this.#states = 0;
  }

  #hold(session: Session, holder: SessionHolder, now: number): void {
    this.#makeUnavailable(session);
    const until = now + this.#options.lockDuration();
    session.lock = { holder, until };
    this.#options.timers.schedule(session, until);
  }

  #unlock(session: Session, expired: boolean, now: number): void {
    session.lock = undefined;
    this.#options.timers.cancel(session);
    const unsettled = [...session.unsettled];
    session.unsettled.clear();
    for (const message of unsettled) this.#options.release(message, expired, now);
    if (session.ready.size > 0) this.#makeAvailable(session);
    this.removeIfEmpty(session);
  }

  #makeAvailable(session: Session): void {
    if (session.ticket > 0) return;
    session.ticket = ++this.#lastTicket;
    this.#free.set(session.ticket, session);
    this.acceptors.wakeOne();
  }

  #makeUnavailable(session: Session): void {
    if (session.ticket === 0) return;
    this.#free.delete(session.ticket);
    session.ticket = 0;
  }
}
