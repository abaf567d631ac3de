import { setMaxListeners } from 'node:events';
import type { ServiceBusClient, ServiceBusMessage } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import { type Destination, TransportError } from '../../transport.js';
import { atMost } from './at-most.js';
import type { ClientLease, ClientSource } from './client-factory.js';
import { EntitySender } from './entity-sender.js';

/** How long the connection may take to close, in milliseconds, before it is left behind. */
const closingMs = 5_000;

/** One client with its senders. */
interface Line {
  readonly lease: ClientLease;
  readonly senders: Map<string, EntitySender>;
  /** How to tell the calls that wait for an answer that none will come. */
  readonly waiting: Set<(loss: TransportError) => void>;
  /** Aborted with the loss of the connection: the SDK then lets go of what it would wait for. */
  readonly lost: AbortController;
  loss: TransportError | undefined;
  retired: boolean;
}

/**
 * The connection that sends, with one sender an entity. It moves on to a new client when the connection is lost, and
 * before a token ends.
 */
export class Sending {
  readonly #source: ClientSource;
  readonly #clock: Clock;
  #line: Line;
  #closed = false;

  constructor(source: ClientSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    this.#line = this.#open();
  }

  /**
   * Resolves once the broker has stored all of them; rejects with a TransportError. When the connection is lost before
   * the answer came they are sent once more: the copies that this may make are dropped as duplicates.
   */
  async send(to: Destination, messages: readonly ServiceBusMessage[]): Promise<void> {
    this.#checkOpen();
    const line = this.#current();
    try {
      await this.#sendOn(line, to, messages);
    } catch (error) {
      if (error !== line.loss || this.#closed) throw error;
      await this.#sendOn(this.#current(), to, messages);
    }
  }

  /** Runs `work` with a client that stays open until it is done; rejects with a TransportError when its connection is lost. */
  async use<T>(work: (client: ServiceBusClient) => Promise<T>): Promise<T> {
    this.#checkOpen();
    return this.#useLine(this.#current(), ({ lease }) => work(lease.client));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#line.retired = true;
    await this.#closeIfDone(this.#line);
  }

  #checkOpen(): void {
    if (this.#closed) throw new TransportError('Closed', 'The Service Bus transport is closed.', false);
  }

  #sendOn(line: Line, to: Destination, messages: readonly ServiceBusMessage[]): Promise<void> {
    const kind = 'queue' in to ? 'queue' : 'topic';
    const entity = 'queue' in to ? to.queue : to.topic;
    return this.#useLine(line, async ({ lease, senders, lost }) => {
      const key = `${kind}:${entity}`;
      const sender = senders.get(key) ?? new EntitySender(entity, kind, lease.client.createSender(entity), lost.signal);
      senders.set(key, sender);
      await sender.send(messages);
    });
  }

  async #useLine<T>(line: Line, work: (line: Line) => Promise<T>): Promise<T> {
    let giveUp = (_: TransportError): void => {};
    const lost = new Promise<never>((_, reject) => (giveUp = reject));
    line.waiting.add(giveUp);
    try {
      return await Promise.race([work(line), lost]);
    } finally {
      line.waiting.delete(giveUp);
      await this.#closeIfDone(line);
    }
  }

  #open(): Line {
    const lease = this.#source.create();
    const lost = new AbortController();
    setMaxListeners(0, lost.signal); // one for each send under way
    const line: Line = { lease, lost, senders: new Map(), waiting: new Set(), loss: undefined, retired: false };
    lease.onDisconnected((error) => this.#lose(line, error));
    return line;
  }

  #current(): Line {
    const { lease, loss } = this.#line;
    const replaceAt = lease.replaceAt();
    const isDue = replaceAt !== undefined && this.#clock.now() >= replaceAt;
    if (this.#closed || (loss === undefined && !isDue)) return this.#line;
    const old = this.#line;
    old.retired = true;
    this.#line = this.#open();
    void this.#closeIfDone(old);
    return this.#line;
  }

  #lose(line: Line, cause: Error | undefined): void {
    const message = `The connection to the broker was lost: ${cause?.message ?? 'it was closed from the other end'}.`;
    line.loss ??= new TransportError('Unreachable', message, true, { cause });
    for (const giveUp of line.waiting) giveUp(line.loss);
    line.lost.abort();
  }

  async #closeIfDone(line: Line): Promise<void> {
    if (line.retired && line.waiting.size === 0) await atMost(closingMs, this.#clock, line.lease.client.close());
  }
}
