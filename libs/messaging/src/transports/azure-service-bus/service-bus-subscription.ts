import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import {
  type Consume,
  type Settlement,
  type Subscription,
  type SubscriptionHealth,
  TransportError,
} from '../../transport.js';
import { stateInDelivery } from '../../delivery-state.js';
import { LinkedList } from '../../linked-list.js';
import { checkLimit } from '../check-concurrency.js';
import { defaultDrainTimeoutMs, InFlight } from '../in-flight.js';
import { OccupiedPlaces } from '../occupied-places.js';
import type { RunningDelivery } from '../running-delivery.js';
import type { ResolvedSubscribeOptions } from '../subscribe-options.js';
import { BrokerTime } from './broker-time.js';
import type { ClientSource } from './client-factory.js';
import { type DeliveryLink, mostCompleting } from './delivery-link.js';
import { LockDuration, type LockTime } from './lock-duration.js';
import { LockRenewer } from './lock-renewer.js';
import type { ResolvedOptions } from './options.js';
import type { Handling } from './receiver-connection.js';
import type { SenderConnection } from './sender-connection.js';
import { read, type Received, Settler } from './settle.js';
import { Slots } from './slots.js';
import { stopTimes } from '../stop-times.js';
import { translateError } from './translate-error.js';
import { waitAtMost } from '../wait-at-most.js';
import { WatchedReceiver } from './watched-receiver.js';

interface Parts {
  readonly source: ClientSource;
  readonly sender: SenderConnection;
  readonly resolved: ResolvedOptions;
}

/**
 * Delivers one queue's messages to one consumer: takes each from the receiver, which looks after itself, to its
 * settlement.
 */
export class ServiceBusSubscription implements Subscription {
  readonly queue: string;
  readonly #consume: Consume;
  readonly #options: ResolvedSubscribeOptions;
  readonly #clock: Clock;
  readonly #inFlight = new InFlight();
  readonly #slots: Slots;
  readonly #occupied = new OccupiedPlaces();
  readonly #locks: LockRenewer;
  readonly #lockDuration: LockDuration;
  readonly #settler: Settler;
  readonly #receiver: WatchedReceiver;
  readonly #inHand = new LinkedList<ServiceBusReceivedMessage>();
  readonly #stopped = Promise.withResolvers<void>();
  /** Completions under way whose places are free already. */
  #completing = 0;
  #changing: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(queue: string, consume: Consume, options: ResolvedSubscribeOptions, parts: Parts) {
    const { clock } = parts.resolved;
    this.queue = queue;
    this.#consume = consume;
    this.#options = options;
    this.#clock = clock;
    this.#slots = new Slots(options.concurrency);
    this.#locks = new LockRenewer(clock);
    this.#lockDuration = new LockDuration(clock, options.lockDurationMs);
    this.#settler = new Settler({ queue, sender: parts.sender, clock, maxDeliveryCount: options.maxDeliveryCount });
    this.#receiver = new WatchedReceiver(queue, {
      source: parts.source,
      resolved: parts.resolved,
      slots: this.#slots,
      onMessage: (message, link) => this.#receive(message, link),
      onError: options.onError,
      inHand: () => new Set([...this.#inHand].map(({ sequenceNumber }) => String(sequenceNumber))),
    });
  }

  /** Resolves when attached or when the broker cannot be reached yet; rejects when it never could be. */
  async start(): Promise<void> {
    try {
      await this.#receiver.start();
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  health(): SubscriptionHealth {
    const inFlight = this.#slots.taken;
    if (this.#stopping !== undefined) return { state: 'stopped', inFlight, detail: 'The subscription was stopped.' };
    return this.#occupied.judge({ ...this.#receiver.condition, inFlight }, this.#options.concurrency);
  }

  get inHand(): number {
    return this.#inFlight.size;
  }

  async setConcurrency(limit: number): Promise<void> {
    checkLimit(this.queue, limit);
    this.#changing = this.#changing.then(() => this.#setConcurrency(limit));
    return this.#changing;
  }

  stop(drainTimeoutMs = defaultDrainTimeoutMs): Promise<void> {
    this.#stopping ??= this.#stop(drainTimeoutMs);
    return this.#stopping;
  }

  /** Calls `listener` once this was stopped, by whoever. */
  onStopped(listener: () => void): void {
    void this.#stopped.promise.then(listener);
  }

  /** One message from the SDK, to its settlement. Nothing in here may throw: the SDK would abandon it at once. */
  #receive(message: ServiceBusReceivedMessage, link: DeliveryLink): Handling {
    const occupants: Promise<unknown>[] = [];
    const { promise: freed, resolve } = Promise.withResolvers<unknown>();
    const free = (): void => resolve(occupants.length === 0 ? undefined : Promise.allSettled(occupants));
    const lockTime = this.#lockDuration.of(message);
    const brokerTime = new BrokerTime(message, lockTime.durationMs, this.#clock);
    const received = read(message, { link, brokerTime, queue: this.queue });
    const place = this.#inHand.add(message);
    this.#receiver.received(link);
    const settled = this.#inFlight.run(async (running) => {
      const stopRenewing = this.#keepLocked(received, lockTime, running);
      try {
        const settlement = await this.#handle(received, running, occupants);
        if (!running.lockLost) return await this.#settle(settlement, received, free);
        const taken = await this.#settler.settleWithoutLock(settlement, received);
        if (!taken || settlement.kind !== 'complete') throw lockLost();
      } catch (error) {
        this.#options.onError(notSettled(error, received.envelope.id, this.queue));
      } finally {
        stopRenewing();
        this.#inHand.remove(place);
        free();
      }
    });
    return { settled, freed };
  }

  /**
   * What was handled makes room for another message while it is being completed, which saves each a way to the broker and
   * back. Only so many of them: a broker that is slow to answer brings no more either.
   */
  async #settle(settlement: Settlement, received: Received, free: () => void): Promise<void> {
    if (settlement.kind !== 'complete' || this.#completing >= mostCompleting(this.#slots.limit)) {
      return this.#settler.settle(settlement, received);
    }
    this.#completing += 1;
    free();
    try {
      await this.#settler.settle(settlement, received);
    } finally {
      this.#completing -= 1;
    }
  }

  /** Waits for a slot and hands the message to the consumer; what gets none goes back. */
  async #handle(
    { envelope, attempt, unsettled, state }: Received,
    running: RunningDelivery,
    occupants: Promise<unknown>[],
  ): Promise<Settlement> {
    if (!(await this.#slots.take())) return { kind: 'release' };
    try {
      if (this.#slots.limit === 0 || running.lockLost) return { kind: 'release' };
      const occupied = (until: Promise<unknown>): void => void occupants.push(until);
      const known = { envelope, queue: this.queue, attempt, unsettled, ...stateInDelivery(state, unsettled) };
      const delivery = { ...known, occupied };
      return await running.settlement(this.#consume, delivery);
    } finally {
      if (occupants.length === 0) this.#slots.free();
      else void this.#occupied.wait(occupants).then(() => this.#slots.free());
    }
  }

  #keepLocked({ message, link }: Received, lockTime: LockTime, running: RunningDelivery): () => void {
    return this.#locks.keep({
      ...lockTime,
      renew: () => link.receiver.renewMessageLock(message),
      isGone: (error) => translateError(error, 'renew a lock').code === 'LockLost',
      onLost: () => running.loseLock(),
    });
  }

  async #setConcurrency(limit: number): Promise<void> {
    if (this.#stopping !== undefined || limit === this.#slots.limit) return;
    this.#slots.setLimit(limit);
    await this.#receiver.followLimit();
  }

  /** Ends in time whatever the network does: what the broker has not answered by then is left to its locks. */
  async #stop(drainTimeoutMs: number): Promise<void> {
    const { graceMs, limitMs } = stopTimes(drainTimeoutMs);
    this.#slots.setLimit(0);
    // The drain timeout counts from now, however long the broker takes to stop delivering.
    const drained = this.#inFlight.drain(limitMs - graceMs, this.#clock);
    const closed = Promise.all([this.#receiver.stopReceiving(), drained]).then(() => this.#close());
    const reported = closed.catch((error: unknown) => {
      this.#options.onError(translateError(error, `receive from queue "${this.queue}"`));
    });
    await waitAtMost(limitMs, this.#clock, reported);
    this.#locks.close();
    this.#stopped.resolve();
  }

  #close(): Promise<void> {
    this.#locks.close();
    return this.#receiver.close();
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
