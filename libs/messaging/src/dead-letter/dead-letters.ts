import type { Envelope } from '../envelope.js';

/**
 * Looks into dead-letter queues, replays what is there or throws it away.
 *
 * A place is a queue, e.g. `orders`, or a subscription of a topic, e.g. `events/subscriptions/billing`: what fails on its
 * way to a queue is dead-lettered there. `orders/$transfer` is what Service Bus could not pass on from `orders` within a
 * transaction ("send via"): a dead-letter queue of its own, empty on other brokers. Its replay has to name `to`. A replayed message goes to one queue, never to a topic, so no other consumer
 * sees it twice.
 */
export interface DeadLetters {
  /**
   * One page of dead letters, oldest first, without taking them. An empty page has no `next`. Rejects with a
   * {@link TransportError} when the place does not exist or the broker cannot be reached.
   */
  peek(place: string, options?: PeekOptions): Promise<DeadLetterPage>;

  /**
   * The letters in these places with their whole messages, in the broker's order, without taking them: 250 at most. A
   * place with nothing in it any more is left out. Rejects as {@link DeadLetters.peek} does.
   */
  read(place: string, places: readonly string[]): Promise<readonly WholeDeadLetter[]>;

  /**
   * Sends each chosen dead letter to its queue again with all its attempts and its time to live new, then removes it.
   * Only what was there at the start is replayed, so a message that fails again is not sent round in circles. What the
   * broker refuses for the message's own sake stays where it is, and the replay goes on. Trouble of the broker ends it
   * with a {@link TransportError}. A replay that ended early (an error, a signal, a crash) goes on where it stopped when
   * called again: at most 100 messages are in between, and if the process dies there, their copies are recognised by
   * duplicate detection and by the consumer's inbox.
   */
  replay(place: string, options?: ReplayOptions): Promise<ReplayResult>;

  /**
   * Many dead letters for the cost of one page: there where the capability `browsing` is `requeue` and a page costs as much
   * as all. They are in the hands of this look until its end, and handed back. Rejects as {@link DeadLetters.peek} does.
   */
  browse?(place: string, options: BrowseOptions): Promise<BrowsedLetters>;

  /**
   * Hands over letters as consumers give them up, until its signal is aborted: there where the broker can tell, and
   * `browsing` is `requeue`. They are hints. Never told of is what the broker put there by itself, and what nobody took
   * within a minute, or behind too many others: {@link DeadLetters.browse} finds it. A letter may be gone by then, or be told
   * of again. Of several who watch each is told a part.
   *
   * Resolves once `take`, which is called with up to 250 and waited for before the next, has ended. What it rejects with ends
   * the watch, and those letters come again; so does a loss of the connection, with a {@link TransportError}.
   */
  watch?(take: (letters: readonly WatchedLetter[]) => Promise<void>, options: WatchOptions): Promise<void>;

  /** Removes each chosen dead letter for good; for the rest as {@link DeadLetters.replay}. */
  discard(place: string, options?: DiscardOptions): Promise<DiscardResult>;
}

export interface PeekOptions {
  /** Letters in the page, 1 to 250; 50 when absent. */
  readonly limit?: number;
  /** `next` of the page before; the oldest letter when absent. */
  readonly from?: string;
}

export interface BrowseOptions {
  /** The most letters that are taken into the hand, 1 or more. */
  readonly most: number;
  /** Ends the look early once aborted. */
  readonly signal?: AbortSignal;
}

/** What a look at many saw. */
export interface BrowsedLetters {
  /** Oldest first. */
  readonly letters: readonly DeadLetter[];
  /** Whether that was all there is, without what others had in their hands. */
  readonly isWhole: boolean;
}

export interface WatchOptions {
  /** Ends the watch once aborted. */
  readonly signal: AbortSignal;
}

/** A letter that was given up a moment ago. */
export interface WatchedLetter {
  readonly queue: string;
  readonly letter: DeadLetter;
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** Where the next page starts; absent when this one is empty. */
  readonly next?: string;
}

/** One dead letter, as an operator wants to see it. */
export interface DeadLetter {
  /** The message's id. */
  readonly id: string;
  /** Its place in the dead-letter queue: unique there, and the same for every look. */
  readonly place: string;
  readonly type: string;
  readonly version: number;
  /** A stable code, e.g. `ValidationFailed`; empty when the sender gave none. */
  readonly reason: string;
  /** The same for people. */
  readonly detail: string;
  /** When the message was stored, by the broker's clock. */
  readonly enqueuedAt: Date;
  /** The attempt after which it was given up. */
  readonly attempt: number;
  /** How often it was replayed before. */
  readonly generation: number;
  /** Why it was first asked to be delivered again in this generation; absent when it was given up at once. */
  readonly firstFailure?: string;
  /** The version of the consumer that gave it up; absent where nobody said. */
  readonly consumerVersion?: string;
  readonly correlationId?: string;
  readonly orderingKey?: string;
  /** Size of the body in bytes. */
  readonly size: number;
  /** The first 512 bytes of the body as text; what is not UTF-8 shows as U+FFFD. */
  readonly preview: string;
}

/** A dead letter and the message it is. */
export interface WholeDeadLetter {
  readonly letter: DeadLetter;
  readonly envelope: Envelope;
}

/** What is sent in place of a dead letter; all that it does not name is the letter's. */
export interface EditedMessage {
  /** Another id than the letter's, the same at every try: a copy is recognised by it. */
  readonly id: string;
  readonly body: Uint8Array;
  /** Headers by name: set, or taken away where undefined. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Which dead letters are meant, and how to follow what becomes of them. */
interface SelectionOptions {
  /** At most so many of the chosen, oldest first, 1 or more; all when absent. */
  readonly limit?: number;
  /**
   * Only letters in these places, as `DeadLetter.place` named them: a selection that was looked at before. All when
   * absent. One with nothing in it any more is skipped.
   */
  readonly places?: ReadonlySet<string>;
  /** Chooses letters; all when absent. Called once a letter, before it is taken; see {@link matching}. */
  readonly filter?: (letter: DeadLetter) => boolean;
  /** Called with each letter that was chosen and could not be sent or removed, and why. It is left as it was. */
  readonly onFailed?: (letter: DeadLetter, error: Error) => void;
  /** Takes no more letters once aborted; what was done stays done, and what was begun is finished. */
  readonly signal?: AbortSignal;
}

export interface ReplayOptions extends SelectionOptions {
  /** @deprecated Use `limit`. */
  readonly max?: number;
  /**
   * The queue that gets the messages. When absent the queue itself; for a subscription the queue that it forwards to,
   * where the transport can tell, see there.
   */
  readonly to?: string;
  /**
   * How many attempts each message has this time at most, 1 or more; as many as its handler has when absent. It only
   * lowers, and a later replay starts without it.
   */
  readonly maxAttempts?: number;
  /**
   * Messages a second at most, above 0, sent evenly and a few at a time: for a queue that is consumed meanwhile. As fast as
   * they can be sent when absent. Letters wait for their turn locked.
   */
  readonly rate?: number;
  /** Sends another message in place of each chosen one: a new message, not a later generation. */
  readonly edit?: (found: WholeDeadLetter) => EditedMessage;
  /** Called with each letter that was sent and removed. */
  readonly onReplayed?: (letter: DeadLetter) => void;
  /** Called after each replayed message. */
  readonly onProgress?: (progress: ReplayResult) => void;
}

export interface DiscardOptions extends SelectionOptions {
  /** Called after each discarded message. */
  readonly onProgress?: (progress: DiscardResult) => void;
}

export interface ReplayResult {
  readonly replayed: number;
  /** Chosen, and refused by the broker for the message's own sake: it is still there. */
  readonly failed: number;
  /**
   * Chosen, and not got hold of: somebody else has it or took it; where all were chosen, only what is still there. What an
   * ended replay did not come to is not counted.
   */
  readonly skipped: number;
  /**
   * What the selection cost: letters that were locked to get at those behind them, and those that failed, all given back
   * at the end. The broker counts a delivery of each, their attempts stay as they were. Absent where none was, and in
   * reports on the way.
   */
  readonly handedBack?: number;
}

export interface DiscardResult {
  readonly discarded: number;
  readonly failed: number;
  /** As for {@link ReplayResult}. */
  readonly skipped: number;
  /** As for {@link ReplayResult}. */
  readonly handedBack?: number;
}
