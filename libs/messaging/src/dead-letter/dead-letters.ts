/**
 * Looks into the dead-letter queue of a worker's queue, and replays what is there. A replayed message goes back to that
 * queue only, never to a topic, so no other consumer sees it twice.
 */
export interface DeadLetters {
  /**
   * One page of dead letters, oldest first, without taking them. An empty page has no `next`. Rejects with a
   * {@link TransportError} when the queue does not exist or the broker cannot be reached.
   */
  peek(queue: string, options?: PeekOptions): Promise<DeadLetterPage>;

  /**
   * Sends each chosen dead letter to its queue again with all its attempts new, then removes it. Only what was there at
   * the start is replayed, so a message that fails again is not sent round in circles. A replay that ended early (an
   * error, a signal, a crash) goes on where it stopped when called again: one message at a time is in between, and if
   * the process dies there, its copy is recognised by duplicate detection and by the consumer's inbox.
   */
  replay(queue: string, options?: ReplayOptions): Promise<ReplayResult>;
}

export interface PeekOptions {
  /** Letters in the page, 1 to 250; 50 when absent. */
  readonly limit?: number;
  /** `next` of the page before; the oldest letter when absent. */
  readonly from?: string;
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
  readonly correlationId?: string;
  readonly orderingKey?: string;
  /** Size of the body in bytes. */
  readonly size: number;
  /** The first 512 bytes of the body as text; what is not UTF-8 shows as U+FFFD. */
  readonly preview: string;
}

export interface ReplayOptions {
  /** At most so many, oldest first; all when absent. */
  readonly max?: number;
  /** Chooses letters; all when absent. Called once a letter, before anything is sent. */
  readonly filter?: (letter: DeadLetter) => boolean;
  /** Called after each replayed message. */
  readonly onProgress?: (progress: ReplayResult) => void;
  /** Ends the replay after the message under way; what was replayed stays replayed. */
  readonly signal?: AbortSignal;
}

export interface ReplayResult {
  readonly replayed: number;
  /** Letters that matched at the start and are still there. */
  readonly remaining: number;
}
