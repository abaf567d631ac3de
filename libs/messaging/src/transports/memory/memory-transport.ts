import { randomUUID } from 'node:crypto';
import {
  type Capabilities,
  type Consume,
  type ForeignMessage,
  type Outgoing,
  type ScheduledMessage,
  type SendOptions,
  type SubscribeOptions,
  type Subscription,
  type Transport,
  TransportError,
} from '../../transport.js';
import { sentState } from '../../delivery-state.js';
import { toNative } from '../../native-message.js';
import { withTimeToLive } from '../time-to-live.js';
import { resolveSubscribeOptions } from '../subscribe-options.js';
import type { MemoryBroker } from './memory-broker.js';
import { MemoryDeadLetters } from './memory-dead-letters.js';
import { MemoryQueueInspection } from './memory-queue-inspection.js';
import { MemorySessionSubscription } from './memory-session-subscription.js';
import { MemorySubscription } from './memory-subscription.js';

/** A transport to a {@link MemoryBroker}. */
export class MemoryTransport implements Transport {
  readonly capabilities: Capabilities = Object.freeze({
    scheduling: true,
    duplicateDetection: true,
    cancelScheduled: true,
    timeToLive: true,
    sessions: true,
    browsing: 'peek',
    queueCounts: true,
  });
  readonly deadLetters: MemoryDeadLetters;
  readonly inspection: MemoryQueueInspection;
  readonly #broker: MemoryBroker;
  readonly #subscriptions = new Set<MemorySubscription | MemorySessionSubscription>();
  readonly #onClose: () => void;
  #closed = false;

  /** `onClose` runs once everything in flight is settled. */
  constructor(broker: MemoryBroker, onClose: () => void = () => {}) {
    this.#broker = broker;
    this.#onClose = onClose;
    this.deadLetters = new MemoryDeadLetters(broker);
    this.inspection = new MemoryQueueInspection(broker);
  }

  async send(messages: readonly Outgoing[], { onScheduled }: SendOptions = {}): Promise<void> {
    this.#checkOpen();
    for (const outgoing of messages) {
      const { to, envelope, deliverAt } = outgoing;
      const native = withTimeToLive(toNative(envelope, sentState(outgoing.generation)), outgoing);
      const reference = this.#broker.store(to, native, deliverAt?.getTime());
      if (reference !== undefined) onScheduled?.(outgoing, { to, reference });
    }
  }

  async sendForeign(messages: readonly ForeignMessage[]): Promise<void> {
    this.#checkOpen();
    for (const { to, body, subject = '', properties = {} } of messages) {
      // The broker tells messages apart by their ids.
      const messageId = `foreign-${randomUUID()}`;
      this.#broker.store(to, {
        messageId,
        subject,
        contentType: '',
        sessionId: messageId,
        applicationProperties: properties,
        body,
      });
    }
  }

  async cancelScheduled({ reference }: ScheduledMessage): Promise<boolean> {
    this.#checkOpen();
    return this.#broker.cancelScheduled(reference);
  }

  async subscribe(queue: string, consume: Consume, options: SubscribeOptions): Promise<Subscription> {
    this.#checkOpen();
    const resolved = resolveSubscribeOptions(queue, options);
    const Kind = this.#kindFor(queue, resolved);
    const subscription: MemorySubscription | MemorySessionSubscription = new Kind(
      this.#broker,
      queue,
      consume,
      resolved,
      () => this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    this.#onClose();
  }

  /** Does what a crash of the process would do: nothing in flight is settled, and its locks run out. */
  disconnect(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions) subscription.disconnect();
  }

  /** @throws TransportError `InvalidTopology` when the queue requires sessions and none were asked for, or the reverse */
  #kindFor(
    queue: string,
    { sessions }: SubscribeOptions,
  ): typeof MemorySubscription | typeof MemorySessionSubscription {
    if (sessions !== undefined) {
      this.#broker.sessionsOf(queue);
      return MemorySessionSubscription;
    }
    if (this.#broker.queue(queue).sessions === undefined) return MemorySubscription;
    const message = `The queue "${queue}" requires sessions: give the option sessions, or receive from another.`;
    throw new TransportError('InvalidTopology', message, false);
  }

  #checkOpen(): void {
    if (this.#closed) throw new TransportError('Closed', 'The memory transport is closed.', false);
  }
}
