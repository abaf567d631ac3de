import type { Channel, ConsumeMessage } from 'amqplib';
import type { Clock } from '../../clock.js';
import { TransportError } from '../../transport.js';
import { waitAtMost } from '../wait-at-most.js';
import { Acks } from './acks.js';
import { translateError } from './translate-error.js';

/** How long the broker may take to begin or end a consumer, or to close a channel, in milliseconds. */
const answerMs = 5_000;

/** How long nothing may arrive before a consumer is ended, in milliseconds. */
const quietMs = 50;

interface Events {
  readonly onMessage: (message: ConsumeMessage, channel: ConsumerChannel) => void;
  /** Once, when the channel is gone without {@link ConsumerChannel.close}. */
  readonly onLost: (error: TransportError, channel: ConsumerChannel) => void;
}

/**
 * The consumer of a queue on a channel of its own: how many deliveries it may bring, and which are acknowledged. The
 * broker applies a limit to consumers that begin after it, and counts for each what it delivered itself. So another
 * limit is another consumer, which gets what those before it leave.
 */
export class ConsumerChannel {
  readonly #channel: Channel;
  readonly #queue: string;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #acks: Acks;
  readonly #ended = Promise.withResolvers<void>();
  #consumers = 0;
  /** The consumer that brings deliveries; undefined while none does. */
  #consumerTag: string | undefined;
  #prefetch = 0;
  #capacity = 0;
  /** Deliveries in hand of the present consumer, and of those before it. */
  #present = 0;
  #earlier = 0;
  #changing: Promise<void> = Promise.resolve();
  #gone = false;
  #arrivals = 0;

  constructor(channel: Channel, queue: string, clock: Clock, events: Events) {
    this.#channel = channel;
    this.#queue = queue;
    this.#clock = clock;
    this.#events = events;
    const acknowledge = (deliveryTag: number, allUpTo: boolean): void =>
      channel.ack({ fields: { deliveryTag } } as ConsumeMessage, allUpTo);
    this.#acks = new Acks(acknowledge, clock);
    let cause: Error | undefined;
    channel.on('error', (error) => (cause = error));
    channel.on('close', () => this.#lose(cause));
  }

  /** True once nothing of it can be settled any more: what was in hand is delivered again. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** Resolves when it is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * Sets how many deliveries there may be in hand. Resolves once no more than that arrive. `leaving` of them are about to
   * be settled and are not counted. Rejects with a TransportError, e.g. `QueueNotFound`.
   */
  async setCapacity(capacity: number, leaving = 0): Promise<void> {
    this.#capacity = capacity;
    await waitAtMost(answerMs, this.#clock, this.#change(leaving));
  }

  /** Resolves when no change is under way any more. */
  get changed(): Promise<void> {
    return this.#changing;
  }

  /** A delivery is settled: it is acknowledged, together with others. */
  finished(message: ConsumeMessage): void {
    this.#acks.finished(message.fields.deliveryTag);
    this.#left(message);
  }

  /** Gives a message to the queue's dead-letter queue as it is; for what nothing else can be done with. */
  reject(message: ConsumeMessage): void {
    if (this.#gone) return;
    this.#channel.reject(message, false);
    this.#acks.settledAlone(message.fields.deliveryTag);
    this.#left(message);
  }

  /** Hands a message back to its place in the queue; the broker counts that as a crash. */
  requeue(message: ConsumeMessage): void {
    if (this.#gone) return;
    this.#channel.nack(message, false, true);
    this.#acks.settledAlone(message.fields.deliveryTag);
    this.#left(message);
  }

  /** Acknowledges what is finished, and ends. */
  async close(): Promise<void> {
    if (this.#gone) return;
    this.#acks.resume();
    this.#leave();
    await waitAtMost(
      answerMs,
      this.#clock,
      this.#channel.close().catch(() => {}),
    );
  }

  #left({ fields }: ConsumeMessage): void {
    if (fields.consumerTag === this.#consumerTag) this.#present -= 1;
    else this.#earlier -= 1;
    // Each change costs the broker a consumer: not for each single place.
    const missing = this.#capacity - this.#earlier - this.#prefetch;
    if (missing <= 0 || this.#gone || (this.#earlier > 0 && missing * 2 < this.#capacity)) return;
    // A failure of it is one of the channel, which reports it.
    this.#change(0).catch(() => {});
  }

  #change(leaving: number): Promise<void> {
    const changing = this.#changing.then(() => this.#begin(leaving));
    this.#changing = changing.catch(() => {});
    return changing;
  }

  async #begin(leaving: number): Promise<void> {
    const wanted = (): number => Math.max(0, this.#capacity - this.#earlier + (this.#earlier > 0 ? leaving : 0));
    if (this.#gone || wanted() === this.#prefetch) return;
    try {
      await this.#end();
      this.#prefetch = wanted();
      if (this.#prefetch === 0 || this.#gone) return;
      this.#acks.prefetch = this.#prefetch;
      this.#consumers += 1;
      const consumerTag = `${this.#consumers}`;
      await this.#channel.prefetch(this.#prefetch);
      this.#consumerTag = consumerTag;
      await this.#channel.consume(this.#queue, (message) => this.#arrived(message), { consumerTag });
    } catch (error) {
      throw translateError(error, `receive from queue "${this.#queue}"`);
    }
  }

  /**
   * What the broker was about to deliver to a consumer that ends it hands back, and counts that as a crash. So it is kept
   * from delivering first: without acknowledgements it stops at the limit, and what it has sent until then arrives.
   */
  async #end(): Promise<void> {
    const consumerTag = this.#consumerTag;
    if (consumerTag === undefined) return;
    this.#acks.hold();
    try {
      for (let seen = -1; seen !== this.#arrivals && !this.#gone; ) {
        seen = this.#arrivals;
        await waitAtMost(quietMs, this.#clock, this.ended);
      }
      if (!this.#gone) await this.#channel.cancel(consumerTag);
    } finally {
      this.#acks.resume();
    }
    this.#consumerTag = undefined;
    this.#prefetch = 0;
    this.#earlier += this.#present;
    this.#present = 0;
  }

  #arrived(message: ConsumeMessage | null): void {
    if (message === null) return this.#cancelled();
    this.#present += 1;
    this.#arrivals += 1;
    this.#events.onMessage(message, this);
  }

  /** The broker ended the consumer: its queue was removed, or moved to another node. */
  #cancelled(): void {
    const error = new TransportError('Unreachable', `RabbitMQ ended the consumer of "${this.#queue}".`, true);
    void this.#channel.close().catch(() => {});
    this.#lose(error);
  }

  #lose(cause: Error | undefined): void {
    if (this.#gone) return;
    this.#leave();
    this.#events.onLost(translateError(cause ?? new Error('Channel closed'), `receive from "${this.#queue}"`), this);
  }

  #leave(): void {
    this.#gone = true;
    this.#acks.close();
    this.#ended.resolve();
  }
}
