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
import type { ServiceBusMessage } from '@azure/service-bus';
import { sentState } from '../../delivery-state.js';
import { type NativeMessage, toNative } from '../../native-message.js';
import { withTimeToLive } from '../time-to-live.js';
import { cancelScheduled } from './cancel-scheduled.js';
import { encodeMessage } from './encode-message.js';
import { EncodedMessage, type Sendable } from './encoded-message.js';
import { ScheduledSend } from './scheduled-send.js';
import { resolveSubscribeOptions } from '../subscribe-options.js';
import { ClientFactory, type ClientSource } from './client-factory.js';
import { toServiceBusMessage } from './service-bus-message.js';
import type { AzureServiceBusConnection, ResolvedOptions } from './options.js';
import { SenderConnection } from './sender-connection.js';
import { ServiceBusDeadLetters } from './service-bus-dead-letters.js';
import { ServiceBusQueueInspection } from './service-bus-queue-inspection.js';
import { ServiceBusSessionSubscription } from './sessions/service-bus-session-subscription.js';
import { ServiceBusSubscription } from './service-bus-subscription.js';

/**
 * Azure Service Bus through its own SDK. One connection sends, another one for
 * callers that try again by themselves; each subscription has one of its own. Each is opened when it is first used. Needs the rights to
 * listen and to send; only {@link AzureServiceBusTransport.inspection} needs the one to manage.
 */
export class AzureServiceBusTransport implements Transport {
  readonly capabilities: Capabilities = Object.freeze({
    scheduling: true,
    duplicateDetection: true,
    cancelScheduled: true,
    timeToLive: true,
    sessions: true,
    browsing: 'peek',
    queueCounts: true,
  });
  readonly deadLetters: ServiceBusDeadLetters;
  readonly inspection: ServiceBusQueueInspection;
  readonly #clients: ClientSource;
  readonly #resolved: ResolvedOptions;
  readonly #sender: SenderConnection;
  /** For callers that try again by themselves. */
  readonly #sendsOnce: SenderConnection;
  readonly #subscriptions = new Set<ServiceBusSubscription | ServiceBusSessionSubscription>();
  #closing: Promise<void> | undefined;

  /** `clientsOf`: where clients come from that try again so often by themselves; from {@link ClientFactory} when absent. */
  constructor(
    connection: AzureServiceBusConnection,
    resolved: ResolvedOptions,
    clientsOf = (maxRetries?: number): ClientSource => new ClientFactory(connection, resolved, maxRetries),
  ) {
    this.#resolved = resolved;
    this.#clients = clientsOf();
    this.#sender = new SenderConnection(this.#clients, resolved.clock);
    this.#sendsOnce = new SenderConnection(clientsOf(0), resolved.clock);
    this.deadLetters = new ServiceBusDeadLetters(this.#sender, resolved.clock);
    this.inspection = new ServiceBusQueueInspection(connection, this.#sender, resolved.requestTimeoutMs);
  }

  async send(messages: readonly Outgoing[], { retry = true, onScheduled }: SendOptions = {}): Promise<void> {
    this.#checkOpen();
    const sender = retry ? this.#sender : this.#sendsOnce;
    const groups = [...byDestination(messages).values()];
    const outcomes = await Promise.allSettled(
      groups.map(({ to, group }) =>
        sender.send(
          to,
          group.map((outgoing) => this.#sendable(outgoing, onScheduled)),
        ),
      ),
    );
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  async subscribe(queue: string, consume: Consume, options: SubscribeOptions): Promise<Subscription> {
    this.#checkOpen();
    const parts = { source: this.#clients, sender: this.#sender, resolved: this.#resolved };
    const resolved = resolveSubscribeOptions(queue, options);
    const Kind = resolved.sessions === undefined ? ServiceBusSubscription : ServiceBusSessionSubscription;
    const subscription = new Kind(queue, consume, resolved, parts);
    subscription.onStopped(() => this.#subscriptions.delete(subscription));
    this.#subscriptions.add(subscription);
    try {
      await subscription.start();
    } catch (error) {
      this.#subscriptions.delete(subscription);
      throw error;
    }
    return subscription;
  }

  async sendForeign(messages: readonly ForeignMessage[]): Promise<void> {
    this.#checkOpen();
    for (const { to, body, subject, properties } of messages) {
      const message = {
        body: Buffer.from(body),
        ...(subject !== undefined && { subject }),
        ...(properties !== undefined && { applicationProperties: { ...properties } }),
      };
      await this.#sender.send(to, [message]);
    }
  }

  async cancelScheduled(message: ScheduledMessage): Promise<boolean> {
    this.#checkOpen();
    return cancelScheduled(this.#sender, message);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    await Promise.all([this.#sender.close(), this.#sendsOnce.close()]);
  }

  #sendable(outgoing: Outgoing, onScheduled: SendOptions['onScheduled']): Sendable {
    const { to, envelope, deliverAt } = outgoing;
    const native = withTimeToLive(toNative(envelope, sentState(outgoing.generation)), outgoing);
    const isScheduled = deliverAt !== undefined && deliverAt.getTime() > this.#resolved.clock.now();
    if (deliverAt === undefined) return sentNow(envelope.id, native);
    if (!onScheduled || !isScheduled) return toServiceBusMessage(native, deliverAt);
    return new ScheduledSend(envelope.id, toServiceBusMessage(native), deliverAt, (reference) =>
      onScheduled(outgoing, { to, reference }),
    );
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) {
      throw new TransportError('Closed', 'The Service Bus transport is closed.', false);
    }
  }
}

/** Encoded here where that is known to be the same. */
function sentNow(id: string, native: NativeMessage): Sendable {
  const otherwise = (): ServiceBusMessage => toServiceBusMessage(native);
  const encoded = encodeMessage(native);
  return encoded === undefined ? otherwise() : new EncodedMessage({ id, ...encoded, otherwise });
}

interface Group {
  readonly to: Outgoing['to'];
  readonly group: Outgoing[];
}

/** One group a destination, each in the order given. */
function byDestination(messages: readonly Outgoing[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  let last: Group | undefined;
  for (const message of messages) {
    // A relay's messages have the same one.
    if (last?.to === message.to) {
      last.group.push(message);
      continue;
    }
    const key = 'queue' in message.to ? `queue:${message.to.queue}` : `topic:${message.to.topic}`;
    last = groups.get(key) ?? { to: message.to, group: [] };
    last.group.push(message);
    groups.set(key, last);
  }
  return groups;
}
