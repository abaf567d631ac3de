import type { MessageQueue } from './message-queue.js';

/** Messages that are moved at a time: some milliseconds' work, after which others have their turn. */
const SLICE = 200;

/** Runs work once others had their turn, and says what time it is then. */
export type Later = (work: (now: number) => void) => void;

/**
 * Moves what an entity holds when it begins to forward, or what a crash kept there, a slice at a time. Each message is
 * moved by an event of its own, so that a crash between two slices leaves it in one place: here, from where it goes on
 * after the start, or there.
 */
export class BacklogForwarder {
  readonly #later: Later;
  readonly #moving = new Set<MessageQueue>();
  #closed = false;

  constructor(later: Later) {
    this.#later = later;
  }

  /** Whether a queue still holds what is to go on: what comes now must not overtake it, and waits behind it. */
  isMoving(queue: MessageQueue): boolean {
    return this.#moving.has(queue);
  }

  /** Begins to move what is available in a queue; what is locked follows when it is given back. */
  start(queue: MessageQueue, now: number): void {
    if (!this.#moving.has(queue)) this.#move(queue, now);
  }

  /** Moves nothing more. */
  close(): void {
    this.#closed = true;
  }

  #move(queue: MessageQueue, now: number): void {
    if (this.#closed) return;
    this.#moving.add(queue);
    if (queue.forwardSome(SLICE, now)) this.#later((at) => this.#move(queue, at));
    else this.#moving.delete(queue);
  }
}
