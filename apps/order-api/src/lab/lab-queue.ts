/** Where Nest finds the {@link LabQueue}. */
export const LAB_QUEUE = Symbol('LAB_QUEUE');

/**
 * The raw queue under the messaging lab: texts in, texts out, without contracts. The messaging library hands out deliveries
 * one by one, the lab takes many and settles them together.
 */
export interface LabQueue {
  /** Resolves once the broker has stored the text; rejects when it did not. */
  send(text: string): Promise<void>;
  /**
   * Takes messages until none came for `idleTimeoutMs`, `max` are held, or `signal` aborts. They stay locked, not
   * removed, until the batch is settled.
   */
  receive(options: ReceiveOptions): Promise<LabBatch>;
  /** Up to `max` texts from the head of the queue, locked ones included, without taking them. */
  peek(options: { readonly max: number }): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface ReceiveOptions {
  /** Milliseconds without a message after which the queue counts as empty. */
  readonly idleTimeoutMs: number;
  readonly max: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Messages that were taken and still belong to the queue. Exactly one of the two must be called. */
export interface LabBatch {
  readonly texts: readonly string[];
  /** Removes them from the queue. Rejects when some could not be removed: those will come again. */
  complete(): Promise<void>;
  /** Hands them back, to be received by others at once. */
  release(): Promise<void>;
}
