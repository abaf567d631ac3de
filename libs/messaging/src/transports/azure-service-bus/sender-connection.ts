import { setMaxListeners } from 'node:events';
import type { ServiceBusClient } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import { type Destination, TransportError } from '../../transport.js';
import { waitAtMost } from '../wait-at-most.js';
import { isUnauthorized } from './translate-error.js';
import type { ManagedClient, ClientSource } from './client-factory.js';
import { connectionLost } from './connection-lost.js';
import type { Sendable } from './encoded-message.js';
import { EntitySender } from './entity-sender.js';

/** How long a connection that was moved on from may take to close, in milliseconds, before it is left behind. */
const closingMs = 5_000;
/** How long the end waits for answers that are due, and then for the connection to close, in milliseconds. */
const lastAnswersMs = 2_000;
const lastClosingMs = 1_000;

/** A client with its senders. */
interface SenderClient {
  readonly managed: ManagedClient;
  readonly senders: Map<string, EntitySender>;
  /** Rejects each call that waits for an answer, with the loss of the connection. */
  readonly waiting: Set<(loss: TransportError) => void>;
  /** Aborted with the loss of the connection: the SDK then lets go of what it would wait for. */
  readonly lost: AbortController;
  loss: TransportError | undefined;
  /** Its key is not taken any more, and there is another. */
  outdated: boolean;
  retired: boolean;
  /** Called when nothing waits for an answer any more. */
  onIdle: () => void;
}

/**
 * The connection that sends, with one sender an entity. It moves on to a new client when the connection is lost, before
 * a token ends, and when its key is refused and there is another.
 */
export class SenderConnection {
  readonly #source: ClientSource;
  readonly #clock: Clock;
  /** The current one, and those before it that are still needed. */
  readonly #open = new Set<SenderClient>();
  #current: SenderClient;
  #closed = false;

  constructor(source: ClientSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    this.#current = this.#openClient();
  }

  /**
   * Resolves once the broker has stored all of them; rejects with a TransportError. When the connection is lost before
   * the answer came, or its key was replaced, they are sent once more: the copies that this may make are dropped as
   * duplicates.
   */
  async send(to: Destination, messages: readonly Sendable[]): Promise<void> {
    this.#checkOpen();
    const client = this.#currentClient();
    try {
      await this.#sendOn(client, to, messages);
    } catch (error) {
      const isOver = error === client.loss || (client.outdated && isUnauthorized(error));
      if (!isOver || this.#closed) throw error;
      await this.#sendOn(this.#currentClient(), to, messages);
    }
  }

  /**
   * Runs `work` with a client that stays open until it is done; rejects with a TransportError when its connection is
   * lost. Work that was refused because the key was replaced is not done again: the next call has the new one.
   */
  async use<T>(work: (client: ServiceBusClient) => Promise<T>): Promise<T> {
    this.#checkOpen();
    return this.#useClient(this.#currentClient(), ({ managed }) => work(managed.client));
  }

  /** Waits a short while for the answers to what is under way, then gives it up: it may have been stored or not. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open].map((client) => this.#end(client)));
  }

  async #end(client: SenderClient): Promise<void> {
    const answered = new Promise<void>((resolve) => (client.onIdle = resolve));
    if (client.waiting.size > 0) await waitAtMost(lastAnswersMs, this.#clock, answered);
    const unanswered = 'The Service Bus transport was closed before the broker answered: it may have stored it or not.';
    for (const giveUp of client.waiting) giveUp(new TransportError('Closed', unanswered, false));
    client.lost.abort();
    await waitAtMost(lastClosingMs, this.#clock, client.managed.client.close());
  }

  #checkOpen(): void {
    if (this.#closed) throw new TransportError('Closed', 'The Service Bus transport is closed.', false);
  }

  #sendOn(client: SenderClient, to: Destination, messages: readonly Sendable[]): Promise<void> {
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
    } catch (error) {
      client.outdated ||= isUnauthorized(error) && client.managed.isOutdated();
      throw error;
    } finally {
      client.waiting.delete(giveUp);
      await this.#closeIfDone(client);
    }
  }

  #openClient(): SenderClient {
    const managed = this.#source.create();
    const lost = new AbortController();
    setMaxListeners(0, lost.signal); // one for each send under way
    const client: SenderClient = {
      managed,
      lost,
      senders: new Map(),
      waiting: new Set(),
      loss: undefined,
      outdated: false,
      retired: false,
      onIdle: () => {},
    };
    this.#open.add(client);
    managed.onDisconnected((error) => this.#lose(client, error));
    return client;
  }

  #currentClient(): SenderClient {
    const { managed, loss, outdated } = this.#current;
    const replaceAt = managed.replaceAt();
    const isDue = outdated || (replaceAt !== undefined && this.#clock.now() >= replaceAt);
    if (this.#closed || (loss === undefined && !isDue)) return this.#current;
    const old = this.#current;
    old.retired = true;
    this.#current = this.#openClient();
    void this.#closeIfDone(old);
    return this.#current;
  }

  #lose(client: SenderClient, cause: Error | undefined): void {
    client.loss ??= connectionLost(cause);
    for (const giveUp of client.waiting) giveUp(client.loss);
    client.lost.abort();
  }

  async #closeIfDone(client: SenderClient): Promise<void> {
    if (client.waiting.size > 0) return;
    client.onIdle();
    if (!client.retired || !this.#open.delete(client)) return;
    await waitAtMost(closingMs, this.#clock, client.managed.client.close());
  }
}
