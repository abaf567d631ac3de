import type { NativeMessage } from '../../native-message.js';

/** A message in a queue. Its place is its sequence number, which a delivery does not change. */
export interface StoredMessage {
  readonly native: NativeMessage;
  readonly sequence: number;
  readonly enqueuedAt: number;
  /** Deliveries that ended without the message being settled for good. */
  readonly deliveryCount: number;
}

export interface DeadMessage extends StoredMessage {
  readonly reason: string;
  readonly detail: string;
}

/** A message handed to a consumer, who alone may settle it until `expiresAt`. */
export interface Lock {
  readonly message: StoredMessage;
  expiresAt: number;
}

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

  constructor(limits: MemoryQueueLimits) {
    this.#limits = limits;
  }

  /** Messages that count against the bound: everything but dead letters. */
  get size(): number {
    return this.#ready.size + this.#returned.length + this.#scheduled.size + this.#locks.size;
  }

  get isFull(): boolean {
    return this.size >= this.#limits.maxMessages;
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
    for (const message of [...this.#returned, ...this.#ready.values()]) {
      if (!isExpired(message, now)) continue;
      this.#ready.delete(message.sequence);
      if (this.#returned.includes(message)) this.#returned.splice(this.#returned.indexOf(message), 1);
      this.#addDeadLetter(message, 'TTLExpiredException', 'The message expired and was dead lettered.');
    }
  }

  /** Locks the first message that is free. */
  take(now: number): Lock | undefined {
    if (this.#mayExpire) this.expire(now);
    const message = this.#returned.shift() ?? this.#firstReady();
    if (message === undefined) return undefined;
    const lock = { message, expiresAt: now + this.#limits.lockDurationMs };
    this.#locks.add(lock);
    return lock;
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

  deadLetter(lock: Lock, reason: string, detail: string): boolean {
    if (!this.#locks.delete(lock)) return false;
    this.#addDeadLetter(lock.message, reason, detail);
    return true;
  }

  /** When the first lock runs out; undefined while nothing is locked. */
  earliestExpiry(): number | undefined {
    let earliest: number | undefined;
    for (const { expiresAt } of this.#locks) earliest = Math.min(earliest ?? expiresAt, expiresAt);
    return earliest;
  }

  /** Hands back what the consumer no longer holds; true when there was anything. */
  expireLocks(now: number): boolean {
    const expired = [...this.#locks].filter((lock) => lock.expiresAt <= now);
    for (const lock of expired) this.abandon(lock);
    return expired.length > 0;
  }

  #firstReady(): StoredMessage | undefined {
    for (const [sequence, message] of this.#ready) {
      this.#ready.delete(sequence);
      return message;
    }
    return undefined;
  }

  #giveBack(message: StoredMessage): void {
    const { maxDeliveryCount } = this.#limits;
    if (message.deliveryCount >= maxDeliveryCount) {
      const detail = `Message could not be consumed after ${maxDeliveryCount} delivery attempts.`;
      this.#addDeadLetter(message, 'MaxDeliveryCountExceeded', detail);
      return;
    }
    const behind = this.#returned.findIndex((other) => other.sequence > message.sequence);
    this.#returned.splice(behind === -1 ? this.#returned.length : behind, 0, message);
  }

  #addDeadLetter(message: StoredMessage, reason: string, detail: string): void {
    this.deadLetters.set(message.sequence, { ...message, reason, detail });
  }
}

function isExpired({ native: { timeToLiveMs }, enqueuedAt }: StoredMessage, now: number): boolean {
  return timeToLiveMs !== undefined && enqueuedAt + timeToLiveMs <= now;
}
