import { TransportError } from '../transport-error.js';
import type { DeadLetter, DiscardOptions, ReplayOptions } from './dead-letters.js';

/** How often something happened to the letters of a selection. */
export interface Counts {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Where a dead-letter queue is. */
export type DeadLetterPlace = (
  | { readonly queue: string }
  | { readonly topic: string; readonly subscription: string }
) & {
  /** What could not be passed on from there to where it was to go: a queue of its own beside the dead letters. */
  readonly isTransfer: boolean;
};

const transferSuffix = '/$transfer';

/** What `orders/$transfer` is of; undefined for a place that holds usual dead letters. */
export function transferOf(place: string): string | undefined {
  return place.toLowerCase().endsWith(transferSuffix) ? place.slice(0, -transferSuffix.length) : undefined;
}

/**
 * Reads `orders`, `events/subscriptions/billing`, or either with `/$transfer` behind it.
 * @throws TransportError `InvalidOptions` for anything else
 */
export function parsePlace(place: string): DeadLetterPlace {
  const source = transferOf(place);
  const name = source ?? place;
  const isTransfer = source !== undefined;
  const [entity = '', kind, subscription, ...more] = name.split('/');
  const isSubscription = kind?.toLowerCase() === 'subscriptions' && subscription !== undefined && more.length === 0;
  if (entity !== '' && isSubscription && subscription !== '') return { topic: entity, subscription, isTransfer };
  // A queue's name may have slashes of its own.
  if (name !== '' && !/\/subscriptions(\/|$)/i.test(name)) return { queue: name, isTransfer };
  const message = `"${place}" has no dead letters: name a queue, or a subscription as topic/subscriptions/name.`;
  throw new TransportError('InvalidOptions', message, false);
}

/** The options of a replay or a discard, with every default filled in. */
export interface ResolvedSelection {
  readonly limit: number;
  /** All letters are chosen, whatever they are like. */
  readonly isEverything: boolean;
  /** Whether a letter in this place may be chosen: what others are like need not be read. */
  readonly isNamed: (place: string) => boolean;
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
  const isNamed = (place: string): boolean => places === undefined || places.has(place);
  return {
    // Once each of the places was chosen there is nothing to look for behind them.
    limit: limit ?? places?.size ?? Infinity,
    isEverything: limit === undefined && places === undefined && filter === undefined,
    isNamed,
    isChosen: (letter) => {
      if (!isNamed(letter.place)) return false;
      unseen?.delete(letter.place);
      return filter?.(letter) ?? true;
    },
    missing: () => unseen?.size ?? 0,
    onFailed: onFailed ?? (() => {}),
    isEnded: () => signal?.aborted === true,
  };
}
