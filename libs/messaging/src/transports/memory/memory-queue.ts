import type { Death } from '../../delivery-state.js';
import { consumerVersionProperty, type NativeMessage } from '../../native-message.js';
import { MemorySessions } from './memory-sessions.js';
import type { DeadMessage, Lock, StoredMessage } from './stored-message.js';

/** The limits of a queue; every duration in milliseconds. */
export interface MemoryQueueLimits {
  readonly maxMessages: number;
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly duplicateDetectionWindowMs: number;
}

/**
 * One queue with its scheduled messages, locks and dead letters. Pure state: time is a parameter and
 * nobody is notified. Every settlement returns false when the lock had run out, as it does on a broker.
 */
export class MemoryQueue {
  readonly deadLetters = new Map<number, DeadMessage>();
  /** Present where messages can be received by session only. */
  readonly sessions: MemorySessions | undefined;
  readonly #limits: MemoryQueueLimits;
  readonly #ready = new Map<number, StoredMessage>();
  /** Handed back; sorted, and always before what is ready. */
  readonly #returned: StoredMessage[] = [];
  readonly #scheduled = new Set<NativeMessage>();
  readonly #locks = new Set<Lock>();
  readonly #seen = new Map<string, number>();
  #lastSequence = 0;
  /** A message with a time to live was here. */
  #mayExpire = false;

  constructor(limits: MemoryQueueLimits, requiresSession = false) {
    this.#limits = limits;
    this.sessions = requiresSession ? new MemorySessions(this, limits.lockDurationMs) : undefined;
  }

  /** Messages that count against the bound: everything but dead letters. */
  get size(): number {
    return this.#ready.size + this.#returned.length + this.#scheduled.size + this.#locks.size;
  }

  get isFull(): boolean {
    return this.size >= this.#limits.maxMessages;
  }

  /** Messages that wait for their time. */
  get scheduled(): number {
    return this.#scheduled.size;
  }

  /** Whether a message with this native id was stored inside the window; remembers it if not. */
  isDuplicate(nativeId: string, now: number): boolean {
    for (const [id, until] of this.#seen) {
      if (until > now) break;
      this.#seen.delete(id);
    }
    if (this.#seen.has(nativeId)) return true;
    this.#seen.set(nativeId, now + this.#limits.duplicateDetectionWindowMs);
    return false;
  }

  add(native: NativeMessage, now: number): void {
    if (native.timeToLiveMs !== undefined) this.#mayExpire = true;
    const sequence = ++this.#lastSequence;
    this.#ready.set(sequence, { native, sequence, enqueuedAt: now, deliveryCount: 0 });
  }

  /** Keeps a message out of sight until {@link activate}. */
  schedule(native: NativeMessage): void {
    this.#scheduled.add(native);
  }

  /** Forgets a message that waits for its time. */
  unschedule(native: NativeMessage): void {
    this.#scheduled.delete(native);
  }

  activate(native: NativeMessage, now: number): void {
    if (this.#scheduled.delete(native)) this.add(native, now);
  }

  /** Dead-letters what has waited for longer than its time to live. */
  expire(now: number): void {
    if (!this.#mayExpire) return;
    for (const message of [...this.#returned, ...this.#ready.values()]) {
      if (!isExpired(message, now)) continue;
      this.#ready.delete(message.sequence);
      if (this.#returned.includes(message)) this.#returned.splice(this.#returned.indexOf(message), 1);
      this.#addDeadLetter(message, {
        reason: 'TTLExpiredException',
        detail: 'The message expired and was dead lettered.',
      });
    }
  }

  /** Locks the first message that is free. */
  take(now: number): Lock | undefined {
    this.expire(now);
    return this.lockFirst(() => true, now + this.#limits.lockDurationMs);
  }

  /** The messages that nobody has, in the order in which they are handed out. */
  *free(): Iterable<StoredMessage> {
    yield* this.#returned;
    yield* this.#ready.values();
  }

  /** What was stored and not settled, in the hands of consumers or not. */
  *stored(): Iterable<StoredMessage> {
    for (const { message } of this.#locks) yield message;
    yield* this.free();
  }

  /** Locks the first message that is free and wanted, until `expiresAt`. */
  lockFirst(isWanted: (message: StoredMessage) => boolean, expiresAt: number): Lock | undefined {
    const message = first(this.free(), isWanted);
    if (message === undefined) return undefined;
    if (!this.#ready.delete(message.sequence)) this.#returned.splice(this.#returned.indexOf(message), 1);
    const lock = { message, expiresAt };
    this.#locks.add(lock);
    return lock;
  }

  /** Hands the message back, without counting its delivery. */
  handBack(lock: Lock): boolean {
    if (!this.#locks.delete(lock)) return false;
    this.#giveBack(lock.message);
    return true;
  }

  renew(lock: Lock, now: number): boolean {
    if (!this.#locks.has(lock)) return false;
    lock.expiresAt = now + this.#limits.lockDurationMs;
    return true;
  }

  complete(lock: Lock): boolean {
    return this.#locks.delete(lock);
  }

  /** Hands the message back, with `native` in its place when the consumer changed its properties. */
  abandon(lock: Lock, native: NativeMessage = lock.message.native): boolean {
    if (!this.#locks.delete(lock)) return false;
    this.#giveBack({ ...lock.message, native, deliveryCount: lock.message.deliveryCount + 1 });
    return true;
  }

  deadLetter(lock: Lock, death: Death): boolean {
    if (!this.#locks.delete(lock)) return false;
    this.#addDeadLetter(lock.message, death);
    return true;
  }

  /** When the first lock runs out; undefined while nothing is locked. */
  earliestExpiry(): number | undefined {
    let earliest = this.sessions?.earliestExpiry();
    for (const { expiresAt } of this.#locks) earliest = Math.min(earliest ?? expiresAt, expiresAt);
    return earliest;
  }

  /** Hands back what the consumer no longer holds; true when there was anything. */
  expireLocks(now: number): boolean {
    const expired = [...this.#locks].filter((lock) => lock.expiresAt <= now);
    for (const lock of expired) this.abandon(lock);
    const sessionsExpired = this.sessions?.expire(now) ?? false;
    return sessionsExpired || expired.length > 0;
  }

  #giveBack(message: StoredMessage): void {
    const { maxDeliveryCount } = this.#limits;
    if (message.deliveryCount >= maxDeliveryCount) {
      const detail = `Message could not be consumed after ${maxDeliveryCount} delivery attempts.`;
      this.#addDeadLetter(message, { reason: 'MaxDeliveryCountExceeded', detail });
      return;
    }
    const behind = this.#returned.findIndex((other) => other.sequence > message.sequence);
    this.#returned.splice(behind === -1 ? this.#returned.length : behind, 0, message);
  }

  #addDeadLetter(message: StoredMessage, { reason, detail, consumerVersion }: Death): void {
    const { native } = message;
    const applicationProperties = {
      ...native.applicationProperties,
      ...(consumerVersion !== undefined && { [consumerVersionProperty]: consumerVersion }),
    };
    this.deadLetters.set(message.sequence, {
      ...message,
      native: { ...native, applicationProperties },
      reason,
      detail,
    });
  }
}

function isExpired({ native: { timeToLiveMs }, enqueuedAt }: StoredMessage, now: number): boolean {
  return timeToLiveMs !== undefined && enqueuedAt + timeToLiveMs <= now;
}

function first<T>(all: Iterable<T>, isWanted: (one: T) => boolean): T | undefined {
  for (const one of all) if (isWanted(one)) return one;
  return undefined;
}
