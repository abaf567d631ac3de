import type { SessionState } from '../sessions/held-session.js';
import type { Lock, StoredMessage } from './stored-message.js';

/** A session somebody holds until `expiresAt`, in milliseconds since 1970. */
export interface SessionHold {
  readonly id: string;
  expiresAt: number;
  /** Its messages in hand. */
  readonly locks: Set<Lock>;
}

/** The messages of a queue, as sessions see them. */
interface Messages {
  /** Dead-letters what has waited for longer than its time to live. */
  expire(now: number): void;
  /** Those that nobody has, in the order in which they are handed out. */
  free(): Iterable<StoredMessage>;
  lockFirst(isWanted: (message: StoredMessage) => boolean, expiresAt: number): Lock | undefined;
  /** Without counting a delivery. */
  handBack(lock: Lock): boolean;
  abandon(lock: Lock): boolean;
}

/** Who holds which session of a queue. Pure state, like the queue. */
export class MemorySessions {
  readonly states = new Map<string, SessionState>();
  readonly #queue: Messages;
  readonly #lockDurationMs: number;
  readonly #held = new Map<string, SessionHold>();
  /** When sessions that still have messages were last let go of, by a count: the one longest ago is next. */
  readonly #turns = new Map<string, number>();
  #lastTurn = 0;

  constructor(queue: Messages, lockDurationMs: number) {
    this.#queue = queue;
    this.#lockDurationMs = lockDurationMs;
  }

  /** Holds a session that has messages and that nobody holds, the one that waits longest; undefined when there is none. */
  accept(now: number): SessionHold | undefined {
    this.#queue.expire(now);
    const id = this.#next();
    if (id === undefined) return undefined;
    const hold = { id, expiresAt: now + this.#lockDurationMs, locks: new Set<Lock>() };
    this.#held.set(id, hold);
    this.#turns.delete(id);
    return hold;
  }

  #next(): string | undefined {
    let next: { readonly id: string; readonly turn: number } | undefined;
    for (const { native } of this.#queue.free()) {
      const turn = this.#turns.get(native.sessionId) ?? 0;
      const isFree = !this.#held.has(native.sessionId);
      if (isFree && (next === undefined || turn < next.turn)) next = { id: native.sessionId, turn };
    }
    return next?.id;
  }

  /** Locks the next message of a session; undefined when it has none, or is lost. */
  take(hold: SessionHold): Lock | undefined {
    if (!this.isHeld(hold)) return undefined;
    const isOurs = ({ native }: StoredMessage): boolean => native.sessionId === hold.id;
    const lock = this.#queue.lockFirst(isOurs, Infinity);
    if (lock !== undefined) hold.locks.add(lock);
    return lock;
  }

  isHeld(hold: SessionHold): boolean {
    return this.#held.get(hold.id) === hold;
  }

  renew(hold: SessionHold, now: number): boolean {
    if (!this.isHeld(hold)) return false;
    hold.expiresAt = now + this.#lockDurationMs;
    return true;
  }

  /** Lets go of a session; its messages in hand are free again, and no delivery of them is counted. */
  release(hold: SessionHold): void {
    if (!this.isHeld(hold)) return;
    this.#held.delete(hold.id);
    for (const lock of hold.locks) this.#queue.handBack(lock);
    this.#goLast(hold);
  }

  /** Ends what has run out; true when there was anything. */
  expire(now: number): boolean {
    const expired = [...this.#held.values()].filter(({ expiresAt }) => expiresAt <= now);
    for (const hold of expired) {
      this.#held.delete(hold.id);
      for (const lock of hold.locks) this.#queue.abandon(lock);
      this.#goLast(hold);
    }
    return expired.length > 0;
  }

  #goLast({ id }: SessionHold): void {
    for (const { native } of this.#queue.free()) {
      if (native.sessionId !== id) continue;
      this.#turns.set(id, ++this.#lastTurn);
      return;
    }
  }

  /** When the first session runs out; undefined while none is held. */
  earliestExpiry(): number | undefined {
    let earliest: number | undefined;
    for (const { expiresAt } of this.#held.values()) earliest = Math.min(earliest ?? expiresAt, expiresAt);
    return earliest;
  }
}
