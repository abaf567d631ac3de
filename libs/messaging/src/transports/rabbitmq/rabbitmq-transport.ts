import type { ChannelModel } from 'amqplib';
import { sentState } from '../../delivery-state.js';
import { toNative } from '../../native-message.js';
import {
  type Capabilities,
  type Consume,
  type ForeignMessage,
  type Outgoing,
  type SendOptions,
  type SubscribeOptions,
  type Subscription,
  type Transport,
  TransportError,
} from '../../transport.js';
import { withTimeToLive } from '../time-to-live.js';
import { resolveSubscribeOptions } from '../subscribe-options.js';
import { type Applied, applyTopology } from './apply-topology.js';
import { Connection } from './connection.js';
import { DeadLetterSender } from './dead-letter-sender.js';
import { longestDelayOf } from './delays.js';
import { toForeignSendable, toSendable } from './message.js';
import {
  type RabbitMqAddress,
  type RabbitMqConnectionSettings,
  readAddresses,
  type ResolvedOptions,
} from './options.js';
import { Publisher } from './publisher.js';
import { RabbitMqDeadLetters } from './rabbitmq-dead-letters.js';
import { RabbitMqQueueInspection } from './rabbitmq-queue-inspection.js';
import { RabbitMqSubscription } from './rabbitmq-subscription.js';
import { Router } from './router.js';

/** How long a close waits for confirms that are due, in milliseconds. */
const lastAnswersMs = 2_000;

/**
 * RabbitMQ over AMQP 0-9-1. One connection publishes, another one consumes, since the broker stops reading from
 * connections that publish while it is short of memory or disk. Each is opened when it is first used.
 */
export class RabbitMqTransport implements Transport {
  readonly capabilities: Capabilities;
  readonly deadLetters: RabbitMqDeadLetters;
  readonly inspection: RabbitMqQueueInspection;
  readonly #resolved: ResolvedOptions;
  readonly #publishing: Connection;
  readonly #consuming: Connection;
  readonly #publisher: Publisher;
  readonly #router: Router;
  readonly #letters: DeadLetterSender;
  readonly #subscriptions = new Set<RabbitMqSubscription>();
  #applied: Promise<Applied> | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: RabbitMqConnectionSettings, resolved: ResolvedOptions) {
    const addresses = (): readonly RabbitMqAddress[] => readAddresses(settings);
    addresses();
    const connection = (purpose: string): Connection =>
      new Connection({
        addresses,
        tls: settings.tls,
        name: `${resolved.connectionName} ${purpose}`,
        options: resolved,
        prepare: (model) => this.#prepare(model),
      });
    const { topology, clock, maxMessageBytes } = resolved;
    this.capabilities = Object.freeze({
      scheduling: true,
      longestDelayMs: longestDelayOf(topology.delayLevels),
      duplicateDetection: false,
      timeToLive: true,
      sessions: false,
      browsing: 'requeue',
      queueCounts: true,
    });
    this.#resolved = resolved;
    this.#publishing = connection('publishes');
    this.#consuming = connection('consumes');
    this.#publisher = new Publisher(this.#publishing, clock, resolved.requestTimeoutMs);
    const parts = { publisher: this.#publisher, connection: this.#consuming, topology, maxMessageBytes, clock };
    this.#router = new Router(parts);
    this.#letters = new DeadLetterSender({ ...parts, router: this.#router });
    this.deadLetters = new RabbitMqDeadLetters(this.#consuming, this.#router, topology, clock);
    this.inspection = new RabbitMqQueueInspection(this.#consuming);
  }

  /** Messages to topics that no subscription wanted, so far. */
  get unroutedEvents(): number {
    return this.#publisher.unrouted;
  }

  async send(messages: readonly Outgoing[], { retry = true }: SendOptions = {}): Promise<void> {
    this.#checkOpen();
    const now = this.#resolved.clock.now();
    const routed = messages.map((outgoing) => {
      const { to, envelope, deliverAt, generation } = outgoing;
      const delayMs = deliverAt === undefined ? 0 : deliverAt.getTime() - now;
      const native = withTimeToLive(toNative(envelope, sentState(generation)), outgoing);
      return { to, message: toSendable(native, envelope, now, delayMs), delayMs };
    });
    await this.#router.sendAll(routed, retry);
  }

  async sendForeign(messages: readonly ForeignMessage[]): Promise<void> {
    this.#checkOpen();
    await this.#router.sendAll(
      messages.map(({ to, body, subject = '', properties = {} }) => ({
        to,
        message: toForeignSendable(body, subject, properties),
      })),
      true,
    );
  }

  async subscribe(queue: string, consume: Consume, options: SubscribeOptions): Promise<Subscription> {
    this.#checkOpen();
    const resolved = resolveSubscribeOptions(queue, options);
    const subscription = new RabbitMqSubscription(queue, consume, resolved, {
      connection: this.#consuming,
      router: this.#router,
      letters: this.#letters,
      resolved: this.#resolved,
      keepsOrder: this.#resolved.topology.queues.get(queue)?.singleActiveConsumer === true,
    });
    subscription.onStopped(() => this.#subscriptions.delete(subscription));
    this.#subscriptions.add(subscription);
    await subscription.start();
    return subscription;
  }

  /**
   * Connects and makes or checks the topology, if no other use of the transport has done so.
   * @throws TransportError `InvalidTopology` that lists every difference
   */
  async applyTopology(): Promise<Applied> {
    this.#checkOpen();
    await this.#consuming.open();
    return (await this.#applied) as Applied;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    await this.#publisher.close(lastAnswersMs);
    await Promise.all([this.#publishing.close(), this.#consuming.close()]);
  }

  /** Once for all connections; a failure is tried again with the next one. */
  async #prepare(model: ChannelModel): Promise<void> {
    this.#applied ??= applyTopology(model, this.#resolved.topology, this.#resolved.declare);
    try {
      await this.#applied;
    } catch (error) {
      this.#applied = undefined;
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new TransportError('Closed', 'The RabbitMQ transport is closed.', false);
  }
}
