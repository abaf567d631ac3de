import type {
  MessageHandlers,
  ProcessErrorArgs,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
} from '@azure/service-bus';
import Long from 'long';
import type { TransportError } from '../../transport.js';
import { AttachPauses } from './attach-pauses.js';
import type { ManagedClient, ClientSource } from './client-factory.js';
import { connectionLost } from './connection-lost.js';
import { corkWrites } from './cork-writes.js';
import { DeliveryLink } from './delivery-link.js';
import type { ResolvedOptions } from './options.js';
import { keepReceivedBytes } from './received-bytes.js';
import { asSent } from './service-bus-message.js';

/** How many messages at the head of a queue are looked at for one that should have been delivered. */
const peekedAtHead = 32;

/**
 * The SDK calls these when it begins and when it has finished (re-)attaching the link. They are missing from its
 * published types, and the only word it gives of a recovery; a test of ours fails should they go.
 */
interface AttachHandlers extends MessageHandlers {
  preInitialize(): Promise<void>;
  postInitialize(): Promise<void>;
}

/** A message on its way through its handler to the broker's answer; neither may reject. */
export interface Handling {
  /** Resolves when its place is free for another message, before it is settled or after. */
  readonly freed: Promise<unknown>;
  /** Resolves when it needs its connection no more. */
  readonly settled: Promise<void>;
}

/** What a connection tells its subscription. */
export interface ReceiverEvents {
  /** Handles one message to the end. */
  onMessage(message: ServiceBusReceivedMessage, link: DeliveryLink): Handling;
  onAttaching(connection: ReceiverConnection): void;
  onAttached(connection: ReceiverConnection): void;
  onError(error: unknown, connection: ReceiverConnection): void;
  /** The network connection is gone; what the SDK does about it follows. */
  onDisconnected(connection: ReceiverConnection): void;
}

/**
 * One connection with one receiver of one queue. Never repaired: a subscription that doubts it opens another, and this
 * one closes when what it delivered is settled, because a lock is best settled where it was taken.
 */
export class ReceiverConnection {
  readonly #receiver: ServiceBusReceiver;
  readonly #managed: ManagedClient;
  readonly #events: ReceiverEvents;
  readonly #stop = new AbortController();
  readonly #pauses: AttachPauses;
  #link: DeliveryLink;
  /** Whether the SDK reported a failure since it began to attach. */
  #hasFailed = false;
  #subscription: { close(): Promise<void> } | undefined;
  /** Rejects each look at the queue that waits for an answer. */
  readonly #looking = new Set<(loss: TransportError) => void>();
  #running = 0;
  #retired: (() => void) | undefined;

  constructor(
    source: ClientSource,
    queue: string,
    { clock, maxReconnectDelayMs }: ResolvedOptions,
    events: ReceiverEvents,
  ) {
    this.#pauses = new AttachPauses(clock, maxReconnectDelayMs);
    this.#managed = source.create();
    this.#events = events;
    this.#receiver = this.#managed.client.createReceiver(queue, {
      receiveMode: 'peekLock',
      ...asSent,
      maxAutoLockRenewalDurationInMs: 0,
    });
    this.#link = new DeliveryLink(this.#receiver);
    this.#managed.onDisconnected(this.#onDisconnected);
  }

  /** The link that brings messages now. */
  get link(): DeliveryLink {
    return this.#link;
  }

  /** When the token this connection was opened with has nearly ended, in milliseconds since 1970. */
  replaceAt(): number | undefined {
    return this.#managed.replaceAt();
  }

  /** Whether another connection would show another key than this one, which was refused. */
  isOutdated(): boolean {
    return this.#managed.isOutdated();
  }

  /** Begins receiving. The SDK attaches, and attaches again after a loss, for ever and by itself. */
  open(concurrency: number): void {
    const handlers: AttachHandlers = {
      processMessage: (message) => this.#deliver(message),
      processError: async ({ error }: ProcessErrorArgs) => {
        this.#hasFailed = true;
        this.#events.onError(error, this);
      },
      preInitialize: async () => {
        await this.#pauses.next(this.#stop.signal);
        // The SDK attaches nothing now, and what its link brought may still be settled there.
        if (this.#stop.signal.aborted) return;
        this.#hasFailed = false;
        this.#link = this.#link.next();
        // After a loss the SDK has another connection.
        keepReceivedBytes(this.#managed.client);
        corkWrites(this.#managed.client);
        this.#managed.onDisconnected(this.#onDisconnected);
        this.#events.onAttaching(this);
      },
      // A link may be granted and detached at once: then the SDK has reported that before.
      postInitialize: async () => {
        if (!this.#hasFailed) this.#events.onAttached(this);
      },
    };
    this.#subscription = this.#receiver.subscribe(handlers, {
      autoCompleteMessages: false,
      maxConcurrentCalls: concurrency,
      abortSignal: this.#stop.signal,
    });
  }

  /**
   * The messages at the head of the queue that wait to be delivered, by sequence number, some maybe locked.
   * @throws TransportError `Unreachable` as soon as the connection is lost
   */
  async waitingAtHead(): Promise<readonly string[]> {
    // `omitMessageBody` is missing from the published type; where it should be ignored, bodies come along unread.
    const options = { fromSequenceNumber: Long.ONE, omitMessageBody: true };
    const { promise: lost, reject } = Promise.withResolvers<never>();
    this.#looking.add(reject);
    const peeked = Promise.race([this.#receiver.peekMessages(peekedAtHead, options), lost]);
    const head = await peeked.finally(() => this.#looking.delete(reject));
    return head.filter(({ state }) => state === 'active').map(({ sequenceNumber }) => String(sequenceNumber));
  }

  /** Takes no new messages; those that were delivered can still be settled. */
  async stopReceiving(): Promise<void> {
    this.#stop.abort();
    await this.#subscription?.close();
  }

  /** Stops receiving, waits until what was delivered is settled, then closes the connection. */
  async retire(): Promise<void> {
    await this.stopReceiving();
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#retired = resolve));
    await this.#receiver.close();
    await this.#managed.client.close();
  }

  // The SDK attaches again after a loss, and reports it; not once it was stopped.
  readonly #onDisconnected = (cause: Error | undefined): void => {
    this.#link.lose();
    for (const giveUp of this.#looking) giveUp(connectionLost(cause));
    this.#events.onDisconnected(this);
  };

  /** The SDK asks for another message when this returns. */
  async #deliver(message: ServiceBusReceivedMessage): Promise<void> {
    this.#running += 1;
    this.#pauses.succeeded();
    const { freed, settled } = this.#events.onMessage(message, this.#link);
    void settled.then(() => {
      this.#running -= 1;
      if (this.#running === 0) this.#retired?.();
    });
    await freed;
  }
}
