/** Looks at how full queues are. Needs rights that a consumer may not have; each transport says which. */
export interface QueueInspection {
  /** Rejects with a {@link TransportError} when the queue does not exist or the broker cannot be reached. */
  counts(queue: string): Promise<QueueCounts>;
}

/** How many messages a queue holds. */
export interface QueueCounts {
  /** Waiting to be delivered. Whether those in the hands of a consumer count among them is up to the broker. */
  readonly active: number;
  readonly deadLetters: number;
  /** Waiting for their time; absent where the broker cannot tell by queue. */
  readonly scheduled?: number;
}
