import { TransportError } from '../transport-error.js';
import type { DeadLetter, DiscardOptions, ReplayOptions } from './dead-letters.js';

/** How often something happened to the letters of a selection. */
export interface Counts {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Where a dead-letter queue is. */
export type DeadLetterPlace = { readonly queue: string } | { readonly topic: string; readonly subscription: string };

/** Reads `orders` or `events/subscriptions/billing`. @throws TransportError `InvalidOptions` for anything else */
export function parsePlace(place: string): DeadLetterPlace {
  const [entity = '', kind, subscription, ...more] = place.split('/');
  const isSubscription = kind?.toLowerCase() === 'subscriptions' && subscription !== undefined && more.length === 0;
  if (entity !== '' && isSubscription && subscription !== '') return { topic: entity, subscription };
  // A queue's name may have slashes of its own.
  if (place !== '' && !/\/subscriptions(\/|$)/i.test(place)) return { queue: place };
  const message = `"${place}" has no dead letters: name a queue, or a subscription as topic/subscriptions/name.`;
  throw new TransportError('InvalidOptions', message, false);
}

/** The options of a replay or a discard, with every default filled in. */
export interface ResolvedSelection {
  readonly limit: number;
  /** All letters are chosen, whatever they are like. */
  readonly isEverything: boolean;
  readonly isChosen: (letter: DeadLetter) => boolean;
  readonly onFailed: (letter: DeadLetter, error: Error) => void;
  readonly isEnded: () => boolean;
  /** How many of the places that were named have not been asked about: there is nothing in them any more. */
  readonly missing: () => number;
}

/** Fills in the defaults. @throws TransportError `InvalidOptions` for a limit below 1 */
export function resolveSelection(options: ReplayOptions | DiscardOptions): ResolvedSelection {
  const { limit = 'max' in options ? options.max : undefined, places, filter, onFailed, signal } = options;
  if (limit !== undefined && !(limit >= 1)) {
    throw new TransportError('InvalidOptions', `A limit is 1 or more, not ${limit}.`, false);
  }
  const unseen = places && new Set(places);
  return {
    // Once each of the places was chosen there is nothing to look for behind them.
    limit: limit ?? places?.size ?? Infinity,
    isEverything: limit === undefined && places === undefined && filter === undefined,
    isChosen: (letter) => {
      if (places?.has(letter.place) === false) return false;
      unseen?.delete(letter.place);
      return filter?.(letter) ?? true;
    },
    missing: () => unseen?.size ?? 0,
    onFailed: onFailed ?? (() => {}),
    isEnded: () => signal?.aborted === true,
  };
}
