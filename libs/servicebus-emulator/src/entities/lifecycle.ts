import { FOREVER } from './options.js';
import type { Timer, TimerQueue } from './timer-queue.js';

/** When an entity was created, updated and used, in ms since 1970, and the timer that deletes it when it is idle. */
export class Lifecycle implements Timer {
  readonly createdAt: number;
  updatedAt: number;
  dueAt = 0;
  heapIndex = -1;
  #usedAt: number;
  readonly #timers: TimerQueue;
  /** Ms an entity may be idle. */
  readonly #idleLimit: () => number;
  readonly #end: (now: number) => void;

  constructor(now: number, timers: TimerQueue, idleLimit: () => number, end: (now: number) => void) {
    this.createdAt = now;
    this.updatedAt = now;
    this.#usedAt = now;
    this.#timers = timers;
    this.#idleLimit = idleLimit;
    this.#end = end;
  }

  get usedAt(): number {
    return this.#usedAt;
  }

  /** A send, a receive, a peek, an update: the entity is not idle. */
  touch(now: number): void {
    this.#usedAt = now;
  }

  /** Schedules the deletion anew: after creation and after every update. */
  scheduleEnd(): void {
    if (this.#idleLimit() >= FOREVER) this.#timers.cancel(this);
    else this.#timers.schedule(this, this.#usedAt + this.#idleLimit());
  }

  fire(now: number): void {
    if (this.#usedAt + this.#idleLimit() > now) this.scheduleEnd();
    else this.#end(now);
  }

  close(): void {
    this.#timers.cancel(this);
  }
}
