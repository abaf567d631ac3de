import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import {
  type Consume,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionHealth,
  TransportError,
} from '../../transport.js';
import { attemptOf, fromNative } from '../../native-message.js';
import { defaultDrainTimeoutMs, InFlight } from '../in-flight.js';
import type { RunningDelivery } from '../running-delivery.js';
import { ReceiverConnection } from './receiver-connection.js';
import type { ClientSource } from './client-factory.js';
import type { DeliveryLink } from './delivery-link.js';
import { LockRenewer } from './lock-renewer.js';
import { brokerFacts, fromServiceBusMessage } from './service-bus-message.js';
import type { ResolvedOptions } from './options.js';
import type { SenderConnection } from './sender-connection.js';
import { type Received, release, settle, type SettlesMessages } from './settle.js';
import { Supervisor } from './supervisor.js';
import { translateError } from './translate-error.js';

/** Delivers one queue's messages to one consumer, over a connection of its own. */
export class ServiceBusSubscription implements Subscription {
  readonly queue: string;
  readonly #sender: SenderConnection;
  readonly #consume: Consume;
  readonly #options: SubscribeOptions;
  readonly #resolved: ResolvedOptions;
  readonly #inFlight = new InFlight();
  readonly #locks: LockRenewer;
  readonly #supervisor: Supervisor;
  #stopping: Promise<void> | undefined;

  constructor(
    queue: string,
    consume: Consume,
    options: SubscribeOptions,
    parts: { readonly source: ClientSource; readonly sender: SenderConnection; readonly resolved: ResolvedOptions },
  ) {
    this.queue = queue;
    this.#consume = consume;
    this.#options = options;
    this.#sender = parts.sender;
    this.#resolved = parts.resolved;
    this.#locks = new LockRenewer(parts.resolved.clock);
    this.#supervisor = new Supervisor({
      queue,
      concurrency: options.concurrency,
      stallAfterMs: parts.resolved.stallAfterMs,
      clock: parts.resolved.clock,
      inFlight: () => this.#inFlight.size,
      onMessage: (message, link) => this.#receive(message, link),
      onError: options.onError,
      open: (events) => new ReceiverConnection(parts.source, queue, events),
    });
  }

  /** Resolves when attached or when the broker cannot be reached yet; rejects when it never could be. */
  start(): Promise<void> {
    return this.#supervisor.start();
  }

  health(): SubscriptionHealth {
    const inFlight = this.#inFlight.size;
    if (this.#stopping !== undefined) return { state: 'stopped', inFlight, detail: 'The subscription was stopped.' };
    return { ...this.#supervisor.condition, inFlight };
  }

  stop(drainTimeoutMs = defaultDrainTimeoutMs): Promise<void> {
    this.#stopping ??= this.#stop(drainTimeoutMs);
    return this.#stopping;
  }

  async #stop(drainTimeoutMs: number): Promise<void> {
    // The drain timeout counts from now, however long the broker takes to stop delivering.
    const drained = this.#inFlight.drain(drainTimeoutMs, this.#resolved.clock);
    await Promise.all([this.#supervisor.stopReceiving(), drained]);
    this.#locks.close();
    await this.#supervisor.close();
  }

  /** One message from the SDK, to its settlement. Nothing in here may throw: the SDK would abandon it at once. */
  async #receive(message: ServiceBusReceivedMessage, link: DeliveryLink): Promise<void> {
    const { envelope, state } = fromNative(fromServiceBusMessage(message), brokerFacts(message, this.queue));
    const attempt = attemptOf(state, message.deliveryCount ?? 0);
    await this.#inFlight.run(async (running) => {
      try {
        const where = this.#settlesOn(link);
        if (this.#stopping !== undefined) {
          return await where.settle('other', (receiver) => release(receiver, message, state));
        }
        const stopRenewing = this.#keepLocked(message, link, running);
        try {
          const delivery = { envelope, queue: this.queue, attempt, signal: running.signal };
          const settlement = await running.settlement(this.#consume, delivery);
          if (running.lockLost) throw lockLost();
          const now = this.#resolved.clock.now();
          const received: Received = { message, queue: this.queue, state, attempt, now };
          await settle(settlement, received, where, this.#sender);
        } finally {
          stopRenewing();
        }
      } catch (error) {
        this.#options.onError(notSettled(error, envelope.id, this.queue));
      }
    });
  }

  /** Settles where the message came from, or over the sender connection when that is gone: its lock outlives it. */
  #settlesOn(link: DeliveryLink): SettlesMessages {
    return {
      settle: async (outcome, send) => {
        if (await link.settle(outcome, send)) return;
        await this.#sender.use(async (client) => {
          const receiver = client.createReceiver(this.queue, { maxAutoLockRenewalDurationInMs: 0 });
          await send(receiver);
          await receiver.close();
        });
      },
    };
  }

  #keepLocked(message: ServiceBusReceivedMessage, { receiver }: DeliveryLink, running: RunningDelivery): () => void {
    return this.#locks.keep({
      lockedUntil: message.lockedUntilUtc?.getTime() ?? this.#resolved.clock.now(),
      renew: async () => (await receiver.renewMessageLock(message)).getTime(),
      isGone: (error) => translateError(error, 'renew a lock').code === 'LockLost',
      onLost: () => running.loseLock(),
    });
  }
}

function lockLost(): TransportError {
  return new TransportError('LockLost', 'its lock was lost while it was handled', false);
}

/** Whatever was done for the message may be done again: it is delivered once more when its lock has run out. */
function notSettled(cause: unknown, id: string, queue: string): TransportError {
  if (cause instanceof TransportError && cause.code === 'ConsumerRejected') return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `Message ${id} of queue "${queue}" may not have been settled, and is delivered again then: ${reason}`;
  return new TransportError('SettlementFailed', message, true, { cause });
}
