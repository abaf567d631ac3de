import type { Destination, Outgoing } from '../transport.js';

/**
 * Keeps the messages that must still be sent, written in the transaction of the effect they report. Messages of one
 * ordering key leave, for each destination, in the order they were added; a key that fails holds back its own successors
 * only, and a destination in trouble its own messages. A message that the broker will never take is set aside, see
 * {@link OutboxBacklog.dead}. `Tx` is the store's transaction handle.
 */
export interface Outbox<Tx> {
  /** Writes the messages as part of `tx`; they are sent if and only if it commits. */
  add(tx: Tx, messages: readonly Outgoing[]): Promise<void>;
  /** What waits, for metrics and health. Costs the same however much it is. */
  backlog(): Promise<OutboxBacklog>;
  /** The messages that no broker took. */
  readonly setAside: SetAside;
}

export interface OutboxBacklog {
  /** Messages that wait to be sent, held ones included. Exact up to 10,000. */
  readonly rows: number;
  /** Whether `rows` is an estimate, because there are too many to count them each time. */
  readonly isEstimate: boolean;
  /** Age of the oldest of them in milliseconds, 0 when there is none. */
  readonly oldestAgeMs: number;
  /** Ordering keys that wait after a failure; 10,000 stands for all above. */
  readonly heldKeys: number;
  /** Messages of such keys that were moved out of the way of others; 10,000 stands for all above. */
  readonly heldRows: number;
  /**
   * Messages set aside because no repetition will help, e.g. too large for the broker; 10,000 stands for all above. An
   * operator has to look: {@link Outbox.setAside}.
   */
  readonly dead: number;
}

/** What can be done with messages that were set aside. */
export interface SetAside {
  /** One page, by bucket and age in the outbox. */
  list(options?: SetAsideListOptions): Promise<SetAsidePage>;
  /**
   * Puts messages back into the outbox, before the waiting ones of their keys: among the messages of a key they leave in
   * the order they were added. Returns how many there were; ids that are not set aside any more do not count.
   */
  resend(ids: readonly string[]): Promise<number>;
  /** Deletes messages for good. Returns how many there were. */
  drop(ids: readonly string[]): Promise<number>;
}

export interface SetAsideListOptions {
  /** Messages a page, 1 to 1,000; 100 when absent. */
  readonly limit?: number | undefined;
  /** The page's beginning: `next` of the page before. The first page when absent. */
  readonly after?: string | undefined;
}

export interface SetAsidePage {
  readonly messages: readonly SetAsideMessage[];
  /** For the next page; absent on the last one. */
  readonly next?: string;
}

/** A message that no broker took, without its body. */
export interface SetAsideMessage {
  /** What `resend` and `drop` take. */
  readonly id: string;
  readonly to: Destination;
  readonly messageId: string;
  readonly type: string;
  readonly orderingKey?: string;
  /** Bytes of the body. */
  readonly bodyBytes: number;
  /** Why it was refused, for people. */
  readonly reason: string;
  readonly setAsideAt: Date;
}

const MOST_LISTED = 1_000;

/** @throws RangeError for a page size that is none */
export function pageSize({ limit = 100 }: SetAsideListOptions): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST_LISTED) return limit;
  throw new RangeError(`limit must be a whole number from 1 to ${MOST_LISTED}, not ${limit}`);
}
