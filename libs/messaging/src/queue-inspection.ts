import type { Envelope } from './envelope.js';

/** Looks at how full queues are. Needs rights that a consumer may not have; each transport says which. */
export interface QueueInspection {
  /**
   * Of a queue, or of `TOPIC/subscriptions/NAME` where subscriptions hold messages. Rejects with a {@link TransportError}: `QueueNotFound`, `Unauthorized` without the right, or when the broker cannot be
   * reached.
   */
  counts(queue: string, options?: InspectionOptions): Promise<QueueCounts>;

  /**
   * Up to `limit` messages (1 to 1,000) from the head of a queue, those in the hands of consumers included, without taking
   * any. Needs the capability `browsing: 'peek'`, and is absent without it.
   */
  peek?(queue: string, limit: number): Promise<readonly Envelope[]>;
}

export interface InspectionOptions {
  /** Ends the wait for the answer. */
  readonly signal?: AbortSignal | undefined;
}

/** How many messages a queue holds. */
export interface QueueCounts {
  /** Waiting to be delivered. Whether those in the hands of a consumer count among them is up to the broker. */
  readonly active: number;
  readonly deadLetters: number;
  /** Waiting for their time; absent where the broker cannot tell by queue. */
  readonly scheduled?: number;
}
