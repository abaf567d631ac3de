import { setMaxListeners } from 'node:events';
import type { ServiceBusClient, ServiceBusMessage } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import { type Destination, TransportError } from '../../transport.js';
import { waitAtMost } from './wait-at-most.js';
import type { ManagedClient, ClientSource } from './client-factory.js';
import { EntitySender } from './entity-sender.js';

/** How long the connection may take to close, in milliseconds, before it is left behind. */
const closingMs = 5_000;

/** A client with its senders. */
interface SenderClient {
  readonly managed: ManagedClient;
  readonly senders: Map<string, EntitySender>;
  /** Rejects each call that waits for an answer, with the loss of the connection. */
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
export class SenderConnection {
  readonly #source: ClientSource;
  readonly #clock: Clock;
  #current: SenderClient;
  #closed = false;

  constructor(source: ClientSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    this.#current = this.#open();
  }

  /**
   * Resolves once the broker has stored all of them; rejects with a TransportError. When the connection is lost before
   * the answer came they are sent once more: the copies that this may make are dropped as duplicates.
   */
  async send(to: Destination, messages: readonly ServiceBusMessage[]): Promise<void> {
    this.#checkOpen();
    const client = this.#currentClient();
    try {
      await this.#sendOn(client, to, messages);
    } catch (error) {
      if (error !== client.loss || this.#closed) throw error;
      await this.#sendOn(this.#currentClient(), to, messages);
    }
  }

  /** Runs `work` with a client that stays open until it is done; rejects with a TransportError when its connection is lost. */
  async use<T>(work: (client: ServiceBusClient) => Promise<T>): Promise<T> {
    this.#checkOpen();
    return this.#useClient(this.#currentClient(), ({ managed }) => work(managed.client));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#current.retired = true;
    await this.#closeIfDone(this.#current);
  }

  #checkOpen(): void {
    if (this.#closed) throw new TransportError('Closed', 'The Service Bus transport is closed.', false);
  }

  #sendOn(client: SenderClient, to: Destination, messages: readonly ServiceBusMessage[]): Promise<void> {
    const kind = 'queue' in to ? 'queue' : 'topic';
    const entity = 'queue' in to ? to.queue : to.topic;
    return this.#useClient(client, async ({ managed, senders, lost }) => {
      const key = `${kind}:${entity}`;
      const sender =
        senders.get(key) ?? new EntitySender(entity, kind, managed.client.createSender(entity), lost.signal);
      senders.set(key, sender);
      await sender.send(messages);
    });
  }

  async #useClient<T>(client: SenderClient, work: (client: SenderClient) => Promise<T>): Promise<T> {
    let giveUp = (_: TransportError): void => {};
    const lost = new Promise<never>((_, reject) => (giveUp = reject));
    client.waiting.add(giveUp);
    try {
      return await Promise.race([work(client), lost]);
    } finally {
      client.waiting.delete(giveUp);
      await this.#closeIfDone(client);
    }
  }

  #open(): SenderClient {
    const managed = this.#source.create();
    const lost = new AbortController();
    setMaxListeners(0, lost.signal); // one for each send under way
    const client: SenderClient = {
      managed,
      lost,
      senders: new Map(),
      waiting: new Set(),
      loss: undefined,
      retired: false,
    };
    managed.onDisconnected((error) => this.#lose(client, error));
    return client;
  }

  #currentClient(): SenderClient {
    const { managed, loss } = this.#current;
    const replaceAt = managed.replaceAt();
    const isDue = replaceAt !== undefined && this.#clock.now() >= replaceAt;
    if (this.#closed || (loss === undefined && !isDue)) return this.#current;
    const old = this.#current;
    old.retired = true;
    this.#current = this.#open();
    void this.#closeIfDone(old);
    return this.#current;
  }

  #lose(client: SenderClient, cause: Error | undefined): void {
    const message = `The connection to the broker was lost: ${cause?.message ?? 'it was closed from the other end'}.`;
    client.loss ??= new TransportError('Unreachable', message, true, { cause });
    for (const giveUp of client.waiting) giveUp(client.loss);
    client.lost.abort();
  }

  async #closeIfDone(client: SenderClient): Promise<void> {
    if (client.retired && client.waiting.size === 0) {
      await waitAtMost(closingMs, this.#clock, client.managed.client.close());
    }
  }
}
