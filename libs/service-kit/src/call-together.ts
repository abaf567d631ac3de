import { ReadyTogether } from '@orderflow/messaging';

export interface CallTogetherOptions<Item, Result> {
  /** Answers all of them, each in its place, or nothing of any has happened and it rejects. 64 at most. */
  readonly all: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Items with the same key are never answered together, nor at the same time, unless one of them takes over 250 ms. */
  readonly keyOf: (item: Item) => unknown;
  /** Whether a failure would be the same for each alone: something is away. */
  readonly isAway: (error: unknown) => boolean;
  /** Whether who has been answered is likely to call again at once; false when absent. */
  readonly comeAgain?: boolean;
}

interface Call<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers calls that are made at the same time by one call for all of them. A call waits for nothing but the one that is in
 * flight, and where callers come again up to 2 ms for a few who were answered just now. When the common one fails each is
 * made alone, so that a bad item costs only itself, unless something is away.
 */
export function callTogether<Item, Result>(
  options: CallTogetherOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  const { all, keyOf, isAway, comeAgain = false } = options;

  async function together(calls: readonly Call<Item, Result>[]): Promise<() => void> {
    try {
      const results = await all(calls.map(({ item }) => item));
      return () => calls.forEach(({ resolve }, index) => resolve(results[index] as Result));
    } catch (error) {
      if (calls.length > 1 && !isAway(error)) {
        await Promise.all(calls.map(async (call) => (await together([call]))()));
        return () => undefined;
      }
      return () => calls.forEach(({ reject }) => reject(error));
    }
  }

  const ready = new ReadyTogether<Call<Item, Result>>({ together, keyOf: ({ item }) => keyOf(item), comeAgain });
  return (item) => new Promise((resolve, reject) => ready.add({ item, resolve, reject }));
}
