import type { ConfirmChannel, Message } from 'amqplib';
import type { Clock } from '../../clock.js';
import { Deadlines } from '../../deadlines.js';
import { LinkedList, type Place } from '../../linked-list.js';
import { TransportError } from '../../transport.js';
import type { Connection } from './connection.js';
import { Batch, type Entry, type Publishing } from './publish-batch.js';
import { PublishWriter } from './publish-writer.js';
import { translateError } from './translate-error.js';

/** Messages that are on their way without an answer, at most: so much is repeated after a loss, and no more held here. */
const window = 500;
/** Calls that wait for their turn, at most; more are refused. */
const longestQueue = 10_000;
/** How old a channel has to be to be replaced for a refusal, in milliseconds: a queue that is full refuses many. */
const replaceAfterMs = 1_000;
/** How long a channel that is to be replaced may take for the answers that are due, in milliseconds. */
const lastAnswersMs = 5_000;

/**
 * Publishes with confirms, in the order of the calls, over one channel that is opened again after it was lost. What
 * waited for an answer then is sent once more under the same id, or given back when the caller does that by itself.
 */
export class Publisher {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #requestTimeoutMs: number;
  readonly #deadlines: Deadlines;
  readonly #waiting: Batch[] = [];
  readonly #unanswered = new LinkedList<Entry>();
  #channel: ConfirmChannel | undefined;
  #writer: PublishWriter | undefined;
  #opening = false;
  #openedAt = 0;
  /** Set while the channel gets nothing any more: another one follows once it has its answers. */
  #cancelReplacement: (() => void) | undefined;
  #writable = true;
  #unrouted = 0;
  #closed = false;
  #onIdle: () => void = () => {};

  constructor(connection: Connection, clock: Clock, requestTimeoutMs: number) {
    this.#connection = connection;
    this.#clock = clock;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#deadlines = new Deadlines(clock, requestTimeoutMs);
    connection.onBlockedChanged(() => this.#pump());
  }

  /** Messages to topics that no subscription wanted, so far. */
  get unrouted(): number {
    return this.#unrouted;
  }

  /** Resolves once the broker has stored all of them; rejects with a TransportError. */
  send(messages: readonly Publishing[], retry: boolean): Promise<void> {
    if (this.#closed) return Promise.reject(closed());
    if (messages.length === 0) return Promise.resolve();
    if (this.#waiting.length >= longestQueue) {
      const message = `${longestQueue} sends wait for RabbitMQ already: send less at a time.`;
      return Promise.reject(new TransportError('Busy', message, true));
    }
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.plan(() => {
        batch.fail(this.#tooLate(batch));
        this.#drop(batch);
      });
      const batch = new Batch(messages, retry, (error) => {
        this.#deadlines.takeBack(deadline);
        if (error === undefined) resolve();
        else reject(error);
      });
      this.#waiting.push(batch);
      this.#pump();
    });
  }

  /** Waits for the answers that are due, for `graceMs` at most, then gives up what has none. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    if (this.#waiting.length > 0 || this.#unanswered.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.schedule(this.#clock.now() + graceMs, resolve);
        this.#onIdle = () => {
          cancel();
          resolve();
        };
      });
    }
    for (const batch of this.#open()) batch.fail(closed());
    this.#waiting.length = 0;
    this.#unanswered.clear();
  }

  #open(): ReadonlySet<Batch> {
    return new Set([...this.#waiting, ...[...this.#unanswered].map(({ batch }) => batch)]);
  }

  #pump(): void {
    this.#writeWaiting();
    if (this.#waiting.length === 0 && this.#unanswered.size === 0) this.#onIdle();
  }

  /** Writes what there is room for. */
  #writeWaiting(): void {
    const [channel, writer] = [this.#channel, this.#writer];
    if (channel === undefined || writer === undefined) return void this.#openChannel();
    if (this.#cancelReplacement !== undefined || this.#connection.blocked !== undefined) return;
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) {
      while (this.#writable && this.#unanswered.size < window) {
        const entry = batch.next();
        if (entry === undefined) break;
        this.#write(writer, entry);
        if (this.#channel !== channel) return;
      }
      if (batch.hasMore) return;
      this.#waiting.shift();
    }
  }

  #write(writer: PublishWriter, entry: Entry): void {
    const { exchange, routingKey, message } = entry.publishing;
    const place = this.#unanswered.add(entry);
    try {
      const { content, options } = message;
      this.#writable = writer.publish({ exchange, routingKey, content, options }, (refused) =>
        this.#answered(place, refused ?? undefined),
      );
    } catch (error) {
      // The channel is about to close, and the message as good as others: it goes out with them after that.
      if ((error as Error).name === 'IllegalOperationError') return void (this.#writable = false);
      this.#unanswered.remove(place);
      entry.batch.answered(entry, notEncoded(entry, error as Error));
    }
  }

  #answered(place: Place<Entry>, refused: Error | undefined): void {
    // Those of a channel that is gone were dealt with when it went.
    if (!this.#unanswered.remove(place)) return;
    const entry = place.item;
    entry.batch.answered(entry, refused === undefined ? this.#unroutable(entry) : queueFull(entry));
    if (refused !== undefined) this.#distrust();
    if (this.#cancelReplacement !== undefined && this.#unanswered.size === 0) this.#replace(this.#channel);
    else if (this.#waiting.length > 0 || this.#unanswered.size === 0) this.#pump();
  }

  /**
   * A channel that was opened while a queue had no leader may refuse all that is for it as long as it is open, also once
   * there is one (RabbitMQ 3.10, a cluster that lost a node), so that no refusal is believed for long.
   */
  #distrust(): void {
    const [channel, now] = [this.#channel, this.#clock.now()];
    if (this.#cancelReplacement !== undefined || now - this.#openedAt < replaceAfterMs) return;
    this.#cancelReplacement = this.#clock.schedule(now + lastAnswersMs, () => this.#replace(channel));
  }

  /** What has no answer yet goes out again on the next channel, as after a loss. */
  #replace(channel: ConfirmChannel | undefined): void {
    if (channel === undefined || this.#channel !== channel) return;
    this.#lost(channel, undefined);
    // One that was lost meanwhile has nothing to close.
    channel.close().catch(() => {});
  }

  /** The broker returns what it cannot route before it confirms it, in the order of publishing. */
  #returned({ fields, properties }: Message): void {
    for (const entry of this.#unanswered) {
      const { exchange, routingKey, message } = entry.publishing;
      if (entry.isReturned || fields.exchange !== exchange || fields.routingKey !== routingKey) continue;
      if (properties.messageId !== message.options.messageId) continue;
      entry.isReturned = true;
      return;
    }
  }

  #unroutable({ isReturned, publishing }: Entry): TransportError | undefined {
    if (!isReturned) return undefined;
    if ('topic' in publishing.to) {
      this.#unrouted += 1;
      return undefined;
    }
    const message = `Could not send message ${publishing.message.id}: there is no queue "${publishing.to.queue}".`;
    return new TransportError('QueueNotFound', message, false);
  }

  async #openChannel(): Promise<void> {
    if (this.#opening || this.#waiting.length === 0) return;
    this.#opening = true;
    try {
      const channel = await this.#connection.confirmChannel();
      let cause: Error | undefined;
      channel.on('error', (error) => (cause = error));
      // Before the client answers what has no answer, as if it had been refused.
      channel.prependListener('close', () => this.#lost(channel, cause));
      channel.on('return', (message) => this.#returned(message));
      channel.on('drain', () => {
        this.#writable = true;
        this.#pump();
      });
      this.#channel = channel;
      this.#writer = new PublishWriter(channel);
      this.#openedAt = this.#clock.now();
      this.#writable = true;
    } catch (error) {
      this.#failedToOpen(error as TransportError);
    } finally {
      this.#opening = false;
    }
    if (this.#channel !== undefined) this.#pump();
  }

  #failedToOpen(error: TransportError): void {
    const failure = translateError(error, 'send');
    for (const batch of [...this.#waiting]) {
      if (failure.retryable && batch.retry && !this.#closed) continue;
      batch.fail(failure);
      this.#drop(batch);
    }
    if (this.#waiting.length === 0) return;
    this.#clock.schedule(this.#clock.now() + this.#connection.pauseMs, () => this.#pump());
  }

  /** What has no answer goes out again before what waits, in the order in which it went out. */
  #lost(channel: ConfirmChannel, cause: Error | undefined): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#cancelReplacement?.();
    this.#cancelReplacement = undefined;
    const missing = /no exchange '([^']*)'/.exec(cause?.message ?? '')?.[1];
    const lost = translateError(
      cause ?? new Error('Channel closed'),
      'send',
      missing === undefined ? 'queue' : 'topic',
    );
    const again = new Map<Batch, Entry[]>();
    for (const entry of this.#unanswered) {
      const entries = again.get(entry.batch);
      if (entries === undefined) again.set(entry.batch, [entry]);
      else entries.push(entry);
    }
    this.#unanswered.clear();
    const repeated: Batch[] = [];
    for (const [batch, entries] of again) {
      // A channel that was closed for what one message is would be closed for it again.
      const isBlamed =
        missing === undefined
          ? cause !== undefined && lost.code !== 'Unreachable'
          : entries.some(({ publishing }) => publishing.exchange === missing);
      if (batch.rewind(entries, isBlamed)) {
        if (!this.#waiting.includes(batch)) repeated.push(batch);
      } else {
        batch.fail(lost.retryable ? unanswered(lost) : lost);
        this.#drop(batch);
      }
    }
    this.#waiting.unshift(...repeated);
    this.#pump();
  }

  #drop(batch: Batch): void {
    const index = this.#waiting.indexOf(batch);
    if (index !== -1) this.#waiting.splice(index, 1);
    this.#pump();
  }

  #tooLate(batch: Batch): TransportError {
    const { blocked } = this.#connection;
    if (blocked !== undefined) {
      return new TransportError('Busy', `RabbitMQ takes no messages at the moment: ${blocked}.`, true);
    }
    const within = `within ${this.#requestTimeoutMs} ms`;
    return batch.isStarted
      ? new TransportError('Timeout', `RabbitMQ did not confirm the messages ${within}.`, true)
      : new TransportError('Unreachable', `The messages could not be sent ${within}.`, true);
  }
}

function closed(): TransportError {
  return new TransportError('Closed', 'The RabbitMQ transport is closed.', false);
}

function unanswered(cause: TransportError): TransportError {
  const message = `${cause.message}: it may have been stored or not.`;
  return new TransportError('Unreachable', message, true, { cause });
}

/** The broker says no more than that it did not store it: the queue is full, or the node that leads it has just left. */
function queueFull({ publishing: { to, message } }: Entry): TransportError {
  const where = 'queue' in to ? `queue "${to.queue}"` : `a queue of topic "${to.topic}"`;
  const text = `RabbitMQ refused message ${message.id}: ${where} is full, or is without its leader at the moment.`;
  return new TransportError('QueueFull', text, true);
}

function notEncoded({ publishing: { message } }: Entry, cause: Error): TransportError {
  const text = `Message ${message.id} cannot be written for RabbitMQ: ${cause.message}.`;
  return new TransportError('InvalidMessage', text, false, { cause });
}
