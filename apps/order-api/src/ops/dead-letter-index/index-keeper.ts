import type { DeadLetters } from '@orderflow/messaging';
import type { IndexStore } from './index-store.js';
import { positionOf } from './position.js';

export interface IndexKeeperOptions {
  readonly deadLetters: Pick<DeadLetters, 'peek'>;
  readonly store: IndexStore;
  /** The most that a full look is put off after the one before, in milliseconds. */
  readonly sweepEveryMs: number;
  /** The least time between two full looks, in milliseconds, however much the counts disagree. */
  readonly sweepPauseMs: number;
  readonly now: () => number;
}

/** Letters that the broker is asked for at a time: as many as it gives. */
const pageSize = 250;

/**
 * Keeps the index of dead letters: looks at what came since, and through all of it when the broker's count disagrees with
 * the index, or nobody has for long. It peeks: it locks nothing and counts as no delivery.
 */
export class IndexKeeper {
  readonly #options: IndexKeeperOptions;

  constructor(options: IndexKeeperOptions) {
    this.#options = options;
  }

  /**
   * Brings the index of one queue up to date. Rejects with a `TransportError` when the broker does not answer.
   * @param count how many letters the broker counts; undefined where nobody may ask
   */
  async refresh(queue: string, count: number | undefined, signal: AbortSignal): Promise<void> {
    const { store, now, sweepEveryMs, sweepPauseMs } = this.#options;
    const before = await store.state(queue);
    await this.#lookAtTail(queue, before.tail, signal);
    const sweptMs = now() - (before.sweptAt?.getTime() ?? -Infinity);
    const isDue = sweptMs > sweepEveryMs || (sweptMs > sweepPauseMs && (await this.#disagrees(queue, count)));
    if (isDue) await this.#sweep(queue, signal);
  }

  /** Whether more is different than what replays move just now explains: a sweep would only read it all beside them. */
  async #disagrees(queue: string, count: number | undefined): Promise<boolean> {
    if (count === undefined) return false;
    const { present } = await this.#options.store.state(queue);
    if (count === present) return false;
    const { leaving, left } = await this.#options.store.moving(queue);
    return count < present - leaving || count > present + left;
  }

  async #lookAtTail(queue: string, from: string | undefined, signal: AbortSignal): Promise<void> {
    for (let tail = from; !signal.aborted; ) {
      const { letters, next } = await this.#peek(queue, tail);
      await this.#options.store.add({ queue, letters, ...(next !== undefined && { tail: next }) });
      if (next === undefined) return;
      tail = next;
    }
  }

  /** What came behind a page while the sweep went on is found by the next look. */
  async #sweep(queue: string, signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    let after = '';
    for (let from: string | undefined; !signal.aborted; ) {
      const { letters, next } = await this.#peek(queue, from);
      await store.add({ queue, letters, after, ...(next !== undefined && { tail: next }) });
      const last = letters.at(-1);
      if (next === undefined || last === undefined) return await store.swept(queue);
      after = positionOf(last.place);
      from = next;
    }
  }

  #peek(queue: string, from: string | undefined) {
    return this.#options.deadLetters.peek(queue, { limit: pageSize, ...(from !== undefined && { from }) });
  }
}
