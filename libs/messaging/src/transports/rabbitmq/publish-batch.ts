import type { Destination, TransportError } from '../../transport.js';
import type { Sendable } from './message.js';

/** A message with its way. */
export interface Publishing {
  /** Where the caller wants it, for errors. */
  readonly to: Destination;
  readonly exchange: string;
  readonly routingKey: string;
  readonly message: Sendable;
}

/** One message of a batch on its way. */
export interface Entry {
  readonly batch: Batch;
  readonly publishing: Publishing;
  /** No queue took it. */
  isReturned: boolean;
}

/** How often a batch is sent again after a loss of the channel, when that was closed for what one message is. */
const longestBlame = 1;

/** The messages of one call: what was sent, what has its answer. Ends once, when all have or with the first failure. */
export class Batch {
  readonly retry: boolean;
  readonly #end: (error?: TransportError) => void;
  /** What is still to be sent, in order, from `#next` on. */
  #left: readonly Publishing[];
  #next = 0;
  #open: number;
  #failure: TransportError | undefined;
  #ended = false;
  #blamed = 0;

  constructor(messages: readonly Publishing[], retry: boolean, end: (error?: TransportError) => void) {
    this.#left = messages;
    this.#open = messages.length;
    this.retry = retry;
    this.#end = end;
  }

  get hasMore(): boolean {
    return !this.#ended && this.#next < this.#left.length;
  }

  get isStarted(): boolean {
    return this.#next > 0;
  }

  /** The next message to send; undefined when all were. */
  next(): Entry | undefined {
    if (!this.hasMore) return undefined;
    const publishing = this.#left[this.#next] as Publishing;
    this.#next += 1;
    return { batch: this, publishing, isReturned: false };
  }

  /** The broker answered. The first failure is what the caller gets, once all have been answered. */
  answered(_: Entry, failure: TransportError | undefined): void {
    this.#failure ??= failure;
    this.#open -= 1;
    if (this.#open === 0) this.#finish(this.#failure);
  }

  /** Sends what was lost again, before the rest. False when the caller is to be told instead. */
  rewind(lost: readonly Entry[], isBlamed: boolean): boolean {
    if (isBlamed) this.#blamed += 1;
    if (this.#ended || !this.retry || this.#blamed > longestBlame) return false;
    this.#left = [...lost.map(({ publishing }) => publishing), ...this.#left.slice(this.#next)];
    this.#next = 0;
    return true;
  }

  fail(error: TransportError): void {
    this.#finish(error);
  }

  #finish(error?: TransportError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#end(error);
  }
}
