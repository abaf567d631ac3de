import type { DeadLetter, DeadLetters } from '@orderflow/messaging';
import type { IndexStore } from './index-store.js';
import { positionOf } from './position.js';

export interface IndexBrowserOptions {
  /** Of a broker whose capability `browsing` is `requeue`. */
  readonly deadLetters: Required<Pick<DeadLetters, 'browse'>>;
  readonly store: IndexStore;
  /** The most letters that one look takes into the hand. */
  readonly most: number;
  /** The least time between two looks at a queue, in milliseconds, however much the counts disagree. */
  readonly pauseMs: number;
  readonly now: () => number;
}

/** How many letters of a queue there are, by the broker and by the index. */
interface Counts {
  readonly counted: number;
  readonly indexed: number;
}

/** The last look at a queue, and the difference that it leaves and another one would leave again. */
interface Look extends Counts {
  readonly at: number;
}

/** Letters that are written in one transaction. */
const pageSize = 250;

/**
 * Keeps the index of dead letters where looking means to take letters and to hand them back. Nothing is looked at by the
 * clock: only when the broker counts something else than the index, and not again for a difference that a look explains:
 * more letters than it takes, or several in one place. What came and what was taken between two counts that are equal stays
 * unseen until they differ. A difference that came since the refresh before is left to the next one: letters that consumers
 * gave up may be told of meanwhile.
 */
export class IndexBrowser {
  readonly #options: IndexBrowserOptions;
  /** By queue: of those that are operated. */
  readonly #looks = new Map<string, Look>();
  /** What there was at the last refresh, by queue. */
  readonly #before = new Map<string, Counts>();

  constructor(options: IndexBrowserOptions) {
    this.#options = options;
  }

  /**
   * Brings the index of one queue up to date. Rejects with a `TransportError` when the broker does not answer.
   * @param counted how many letters the broker counts; undefined where nobody may ask, and then nothing is looked at
   */
  async refresh(queue: string, counted: number | undefined, signal: AbortSignal): Promise<void> {
    if (counted === undefined) return;
    const { store, now, pauseMs } = this.#options;
    const { present: indexed, at: began } = await store.state(queue);
    const [last, before] = [this.#looks.get(queue), this.#before.get(queue)];
    this.#before.set(queue, { counted, indexed });
    if (counted === indexed) {
      // The same difference may come again, and is another one then.
      if (last) this.#looks.set(queue, { ...last, counted: NaN });
      return await store.add({ queue, letters: [] });
    }
    const isKnown = last?.counted === counted && last.indexed === indexed;
    const isNew = before !== undefined && before.counted <= indexed && before.indexed <= counted;
    if (isKnown || isNew || now() - (last?.at ?? -Infinity) < pauseMs) return;
    const seen = await this.#browse(queue, began, signal);
    const { present } = await store.state(queue);
    // What somebody else had in hand is counted again, and was not seen.
    this.#looks.set(queue, { at: now(), counted: seen ?? counted, indexed: present });
    this.#before.set(queue, { counted, indexed: present });
  }

  /** Resolves with how many letters there were, undefined when it did not come to the end. */
  async #browse(queue: string, began: Date, signal: AbortSignal): Promise<number | undefined> {
    const { deadLetters, store, most } = this.#options;
    const { letters, isWhole } = await deadLetters.browse(queue, { most, signal });
    if (!isWhole) {
      for (const page of pagesOf(letters)) await store.add({ queue, letters: page });
      return undefined;
    }
    let after = '';
    // The last page is empty: behind it nothing is there any more.
    for (const page of [...pagesOf(letters), []]) {
      await store.add({ queue, letters: page, after, began });
      after = positionOf(page.at(-1)?.place ?? after);
    }
    await store.swept(queue);
    return letters.length;
  }
}

function* pagesOf(letters: readonly DeadLetter[]): Generator<readonly DeadLetter[]> {
  for (let first = 0; first < letters.length; first += pageSize) yield letters.slice(first, first + pageSize);
}
