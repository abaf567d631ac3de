import type { Clock } from '../../clock.js';
import type { LockTime } from './lock-duration.js';

/** A lock to be kept while its message is handled. */
export interface RenewableLock extends LockTime {
  /** Asks for more time; rejects when that failed. */
  renew(): Promise<unknown>;
  /** Whether a failed renewal means that the lock is gone for good. */
  isGone(error: unknown): boolean;
  /** Called once when the lock was lost. */
  onLost(): void;
}

interface Entry {
  readonly lock: RenewableLock;
  /** When the lock ends, by the clock that does not jump. */
  endsAt: number;
  tick: number;
  isRenewing: boolean;
  isOver: boolean;
}

/** Renewals within so many milliseconds share a timer. */
const tickMs = 500;

/**
 * Renews the locks of all messages being handled, with one timer for all of them: the SDK's own renewer arms a timer a
 * message, which costs a quarter of its throughput. A message handled quickly costs one insertion and one deletion. A
 * lock is lost when its time is over, whether a renewal is under way or not, whatever the machine's time is set to.
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
    const now = this.#clock.elapsed();
    const entry: Entry = { lock, endsAt: now + lock.durationMs, tick: 0, isRenewing: false, isOver: false };
    this.#plan(entry, now + lock.firstRenewalMs);
    return () => this.#end(entry);
  }

  /** Renews nothing any more. */
  close(): void {
    this.#cancel();
    this.#ticks.clear();
    this.#armedFor = Infinity;
  }

  #plan(entry: Entry, at: number): void {
    this.#remove(entry);
    entry.tick = Math.ceil(at / tickMs);
    const due = this.#ticks.get(entry.tick);
    if (due === undefined) this.#ticks.set(entry.tick, new Set([entry]));
    else due.add(entry);
    if (entry.tick < this.#armedFor) this.#arm(entry.tick);
  }

  #arm(tick: number): void {
    this.#cancel();
    this.#armedFor = tick;
    const at = this.#clock.now() + tick * tickMs - this.#clock.elapsed();
    this.#cancel = this.#clock.schedule(at, () => this.#run(tick));
  }

  #run(tick: number): void {
    const due = this.#ticks.get(tick) ?? new Set();
    this.#ticks.delete(tick);
    this.#armedFor = Infinity;
    let next = Infinity;
    for (const other of this.#ticks.keys()) next = Math.min(next, other);
    if (next !== Infinity) this.#arm(next);
    for (const entry of due) this.#attend(entry);
  }

  #attend(entry: Entry): void {
    if (this.#clock.elapsed() >= entry.endsAt) return this.#lose(entry);
    this.#plan(entry, entry.endsAt);
    if (!entry.isRenewing) void this.#renew(entry);
  }

  async #renew(entry: Entry): Promise<void> {
    const askedAt = this.#clock.elapsed();
    entry.isRenewing = true;
    try {
      await entry.lock.renew();
      if (entry.isOver) return;
      entry.endsAt = askedAt + entry.lock.durationMs;
      this.#plan(entry, askedAt + entry.lock.renewEveryMs);
    } catch (error) {
      if (entry.isOver) return;
      const now = this.#clock.elapsed();
      if (entry.lock.isGone(error) || now >= entry.endsAt) this.#lose(entry);
      else this.#plan(entry, Math.min(now + tickMs, entry.endsAt));
    } finally {
      entry.isRenewing = false;
    }
  }

  #lose(entry: Entry): void {
    this.#end(entry);
    entry.lock.onLost();
  }

  #end(entry: Entry): void {
    entry.isOver = true;
    this.#remove(entry);
  }

  #remove(entry: Entry): void {
    const due = this.#ticks.get(entry.tick);
    due?.delete(entry);
    if (due?.size === 0) this.#ticks.delete(entry.tick);
  }
}
