import type { Clock } from '../../clock.js';

/** A lock to be kept while its message is handled. */
export interface RenewableLock {
  /** When it runs out, in milliseconds since 1970. */
  readonly lockedUntil: number;
  /** Asks for more time; resolves with the new end, rejects when that failed. */
  renew(): Promise<number>;
  /** Whether a failed renewal means that the lock is gone for good. */
  isGone(error: unknown): boolean;
  /** Called once when the lock was lost. */
  onLost(): void;
}

interface Entry {
  readonly lock: RenewableLock;
  lockedUntil: number;
  tick: number;
  released: boolean;
}

/** Renewals within so many milliseconds share a timer. */
const tickMs = 500;
/** Locks are at most 5 minutes long; anything else comes of clocks that disagree. */
const longestLockMs = 5 * 60_000;

/**
 * Renews the locks of all messages being handled, with one timer for all of them: the SDK's own renewer arms a timer a
 * message, which costs a quarter of its throughput. A message handled quickly costs one insertion and one deletion.
 */
export class LockRenewer {
  readonly #clock: Clock;
  readonly #ticks = new Map<number, Set<Entry>>();
  #armedFor = Infinity;
  #cancel: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps a lock until the returned function is called, or until it is lost. */
  keep(lock: RenewableLock): () => void {
    const entry: Entry = { lock, lockedUntil: lock.lockedUntil, tick: 0, released: false };
    this.#plan(entry, this.#halfLife(entry));
    return () => {
      entry.released = true;
      this.#remove(entry);
    };
  }

  /** Renews nothing any more. */
  close(): void {
    this.#cancel();
    this.#ticks.clear();
    this.#armedFor = Infinity;
  }

  /** Renewed half-way: a failed renewal then has time for another. */
  #halfLife({ lockedUntil }: Entry): number {
    const now = this.#clock.now();
    return now + Math.min(Math.max(lockedUntil - now, 0), longestLockMs) / 2;
  }

  #plan(entry: Entry, at: number): void {
    entry.tick = Math.ceil(at / tickMs);
    const due = this.#ticks.get(entry.tick);
    if (due === undefined) this.#ticks.set(entry.tick, new Set([entry]));
    else due.add(entry);
    if (entry.tick < this.#armedFor) this.#arm(entry.tick);
  }

  #arm(tick: number): void {
    this.#cancel();
    this.#armedFor = tick;
    this.#cancel = this.#clock.schedule(tick * tickMs, () => this.#run(tick));
  }

  #run(tick: number): void {
    const due = this.#ticks.get(tick) ?? new Set();
    this.#ticks.delete(tick);
    this.#armedFor = Infinity;
    let next = Infinity;
    for (const other of this.#ticks.keys()) next = Math.min(next, other);
    if (next !== Infinity) this.#arm(next);
    for (const entry of due) void this.#renew(entry);
  }

  async #renew(entry: Entry): Promise<void> {
    try {
      entry.lockedUntil = await entry.lock.renew();
      if (!entry.released) this.#plan(entry, this.#halfLife(entry));
    } catch (error) {
      if (entry.released) return;
      if (entry.lock.isGone(error) || this.#clock.now() >= entry.lockedUntil) entry.lock.onLost();
      else this.#plan(entry, this.#clock.now() + tickMs);
    }
  }

  #remove(entry: Entry): void {
    const due = this.#ticks.get(entry.tick);
    due?.delete(entry);
    if (due?.size === 0) this.#ticks.delete(entry.tick);
  }
}
