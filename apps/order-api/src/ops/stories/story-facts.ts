import type { OrderView } from '../../orders/order-view.js';
import type { TimelineView } from '../../timeline/timeline-view.js';
import type { LetterView } from '../dead-letter-index/letter-view.js';
import { newMessageId } from '../edits/edit-store.js';

/** A dead letter of the order, or what became of one. */
export interface StoryLetter extends LetterView {
  /** When the index first saw it. */
  readonly indexedAt: string;
  /** The app that it is for. */
  readonly app: string;
}

/** The id of the message that was sent in a letter's place; undefined for one that nobody edited. */
export function replacementOf({ gone }: Pick<LetterView, 'gone'>): string | undefined {
  return gone?.outcome === 'edited' && gone.by !== undefined ? newMessageId(gone.by) : undefined;
}

/** What a replay did with a letter. */
export interface ReplayedLetter {
  readonly replay: string;
  readonly queue: string;
  readonly place: string;
  readonly outcome: string;
  readonly detail?: string;
  /** Null while nobody knows whether it was sent. */
  readonly sentAt: string | null;
}

/** A letter of which there was a copy that was sent to its queue again. */
export interface RestoredLetter {
  /** Where what has the copy is found. */
  readonly link: string;
  readonly queue: string;
  readonly place: string;
  /** Null for one from before this was written down. */
  readonly at: string | null;
}

/** When an app handled which messages, or why that is not known. */
export type HandledBy = ReadonlyMap<string, string> | { readonly unknown: string };

/** Everything that is known of an order, as it was found. */
export interface StoryFacts {
  readonly orderId: string;
  /** Undefined where no message that tells of it has been handled here. */
  readonly order: OrderView | undefined;
  readonly messages: TimelineView['messages'];
  readonly letters: readonly StoryLetter[];
  /** Whether there are more letters than these. */
  readonly hasMoreLetters: boolean;
  readonly replayed: readonly ReplayedLetter[];
  readonly restored: readonly RestoredLetter[];
  /** By app. */
  readonly handled: ReadonlyMap<string, HandledBy>;
  /** Queues whose dead letters nobody has looked at. */
  readonly unindexed: readonly string[];
  /** Now. */
  readonly asOf: string;
}
