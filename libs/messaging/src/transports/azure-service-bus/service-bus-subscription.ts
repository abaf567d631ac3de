import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import {
  type Consume,
  type Settlement,
  type Subscription,
  type SubscriptionHealth,
  TransportError,
} from '../../transport.js';
import { checkLimit } from '../check-concurrency.js';
import { defaultDrainTimeoutMs, InFlight } from '../in-flight.js';
import { OccupiedPlaces } from '../occupied-places.js';
import type { RunningDelivery } from '../running-delivery.js';
import type { ResolvedSubscribeOptions } from '../subscribe-options.js';
import { BrokerTime } from './broker-time.js';
import type { ClientSource } from './client-factory.js';
import type { DeliveryLink } from './delivery-link.js';
import { LockDuration, type LockTime } from './lock-duration.js';
import { LockRenewer } from './lock-renewer.js';
import type { ResolvedOptions } from './options.js';
import { type Handled, ReceiverConnection } from './receiver-connection.js';
import type { SenderConnection } from './sender-connection.js';
import { read, type Received, Settler } from './settle.js';
import { Slots } from './slots.js';
import { Supervisor } from './supervisor.js';
import { stopTimes } from '../stop-times.js';
import { translateError } from './translate-error.js';
import { waitAtMost } from '../wait-at-most.js';

/** How long a connection may take to stop receiving or to close, in milliseconds, before it is left behind. */
const closingMs = 5_000;

interface Parts {
  readonly source: ClientSource;
  readonly sender: SenderConnection;
  readonly resolved: ResolvedOptions;
}

/**
 * Delivers one queue's messages to one consumer. It owns the receiver, replaces it when its supervisor says so, and
 * takes each message from there to its settlement.
 */
export class ServiceBusSubscription implements Subscription {
  readonly queue: string;
  readonly #consume: Consume;
  readonly #options: ResolvedSubscribeOptions;
  readonly #source: ClientSource;
  readonly #clock: Clock;
  readonly #stallAfterMs: number;
  readonly #inFlight = new InFlight();
  readonly #slots: Slots;
  readonly #occupied = new OccupiedPlaces();
  readonly #locks: LockRenewer;
  readonly #lockDuration: LockDuration;
  readonly #settler: Settler;
  readonly #supervisor: Supervisor;
  readonly #inHand = new Set<ServiceBusReceivedMessage>();
  readonly #firstAttempt = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #connection: ReceiverConnection;
  #cancelCheck: () => void = () => {};
  #changing: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(queue: string, consume: Consume, options: ResolvedSubscribeOptions, parts: Parts) {
    const { clock, stallAfterMs } = parts.resolved;
    this.queue = queue;
    this.#consume = consume;
    this.#options = options;
    this.#source = parts.source;
    this.#clock = clock;
    this.#stallAfterMs = stallAfterMs;
    this.#slots = new Slots(options.concurrency);
    this.#locks = new LockRenewer(clock);
    this.#lockDuration = new LockDuration(clock, options.lockDurationMs);
    this.#settler = new Settler({ queue, sender: parts.sender, clock, maxDeliveryCount: options.maxDeliveryCount });
    this.#supervisor = new Supervisor(queue);
    this.#connection = this.#connect();
  }

  /** Resolves when attached or when the broker cannot be reached yet; rejects when it never could be. */
  async start(): Promise<void> {
    try {
      await this.#connection.waitingAtHead();
    } catch (error) {
      const failure = this.#explain(error);
      if (!failure.retryable) {
        await this.#close();
        throw failure;
      }
      this.#failed(failure);
    }
    if (this.#stopping !== undefined) return;
    this.#connection.open(this.#slots.limit);
    this.#planCheck();
    try {
      await this.#firstAttempt.promise;
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  health(): SubscriptionHealth {
    const inFlight = this.#slots.taken;
    if (this.#stopping !== undefined) return { state: 'stopped', inFlight, detail: 'The subscription was stopped.' };
    return this.#occupied.judge({ ...this.#supervisor.condition, inFlight }, this.#options.concurrency);
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
  async #receive(message: ServiceBusReceivedMessage, link: DeliveryLink): Promise<Handled> {
    const occupants: Promise<unknown>[] = [];
    const lockTime = this.#lockDuration.of(message);
    const brokerTime = new BrokerTime(message, lockTime.durationMs, this.#clock);
    const received = read(message, { link, brokerTime, queue: this.queue });
    this.#supervisor.received();
    this.#inHand.add(message);
    if (link.isNearlyFull && this.#connection.link === link && this.#slots.limit > 0) this.#replace();
    await this.#inFlight.run(async (running) => {
      const stopRenewing = this.#keepLocked(received, lockTime, running);
      try {
        const settlement = await this.#handle(received, running, occupants);
        if (!running.lockLost) return await this.#settler.settle(settlement, received);
        const taken = await this.#settler.settleWithoutLock(settlement, received);
        if (!taken || settlement.kind !== 'complete') throw lockLost();
      } catch (error) {
        this.#options.onError(notSettled(error, received.envelope.id, this.queue));
      } finally {
        stopRenewing();
      }
    });
    this.#inHand.delete(message);
    return { freed: Promise.allSettled(occupants) };
  }

  /** Waits for a slot and hands the message to the consumer; what gets none goes back. */
  async #handle(
    { envelope, attempt, unsettled, state: { firstFailure } }: Received,
    running: RunningDelivery,
    occupants: Promise<unknown>[],
  ): Promise<Settlement> {
    if (!(await this.#slots.take())) return { kind: 'release' };
    try {
      if (this.#slots.limit === 0 || running.lockLost) return { kind: 'release' };
      const occupied = (until: Promise<unknown>): void => void occupants.push(until);
      const known = {
        envelope,
        queue: this.queue,
        attempt,
        unsettled,
        ...(firstFailure !== undefined && { firstFailure }),
      };
      const delivery = { ...known, signal: running.signal, occupied };
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

  #connect(): ReceiverConnection {
    const isCurrent = (connection: ReceiverConnection): boolean =>
      connection === this.#connection && this.#stopping === undefined;
    return new ReceiverConnection(this.#source, this.queue, {
      onMessage: (message, link) => this.#receive(message, link),
      onAttaching: (connection) => {
        if (isCurrent(connection)) this.#supervisor.attaching();
      },
      onAttached: (connection) => {
        if (!isCurrent(connection)) return;
        this.#supervisor.attached();
        this.#firstAttempt.resolve();
      },
      onError: (error, connection) => {
        if (isCurrent(connection)) this.#failed(this.#explain(error));
      },
    });
  }

  #failed(error: TransportError): void {
    // The SDK would try for ever, and wait for people who know nothing of it.
    if (error.code === 'InvalidTopology') this.#firstAttempt.reject(error);
    this.#supervisor.failed(error);
    this.#options.onError(error);
    this.#firstAttempt.resolve();
  }

  /** Opens a new connection; the old one closes once what it delivered is settled. */
  #replace(): void {
    const old = this.#connection;
    this.#connection = this.#connect();
    this.#supervisor.replaced();
    this.#connection.open(this.#slots.limit);
    old.retire().catch((error: unknown) => this.#options.onError(this.#explain(error)));
  }

  async #setConcurrency(limit: number): Promise<void> {
    if (this.#stopping !== undefined || limit === this.#slots.limit) return;
    const old = this.#connection;
    this.#slots.setLimit(limit);
    await waitAtMost(closingMs, this.#clock, old.stopReceiving());
    // The SDK cannot be given another limit, so another receiver begins, as soon as it may bring something.
    if (limit === 0) return;
    void this.#slots.room().then(() => {
      if (this.#stopping === undefined && this.#slots.limit === limit && this.#connection === old) this.#replace();
    });
  }

  #planCheck(): void {
    if (this.#stopping !== undefined) return;
    this.#cancelCheck = this.#clock.schedule(
      this.#clock.now() + this.#stallAfterMs,
      () => void this.#check().finally(() => this.#planCheck()),
    );
  }

  async #check(): Promise<void> {
    if (this.#slots.limit === 0) return;
    const checked = this.#connection;
    const facts = { now: this.#clock.now(), untilNextCheck: this.#stallAfterMs, hasRoom: this.#slots.hasRoom };
    const before = this.#supervisor.condition.state;
    let verdict = this.#supervisor.check({ ...facts, replaceAt: checked.replaceAt() });
    if (verdict === 'look') verdict = await this.#look(checked);
    if (verdict !== 'replace' || this.#stopping !== undefined || this.#connection !== checked) return;
    this.#replace();
    const { state, detail = '' } = this.#supervisor.condition;
    if (state === 'stalled' && before !== state) this.#options.onError(new TransportError('Stalled', detail, true));
  }

  async #look(connection: ReceiverConnection): Promise<'keep' | 'replace'> {
    try {
      const waiting = await connection.waitingAtHead();
      const ours = new Set([...this.#inHand].map(({ sequenceNumber }) => String(sequenceNumber)));
      return this.#supervisor.saw(waiting.find((place) => !ours.has(place)));
    } catch (error) {
      if (this.#stopping === undefined) this.#failed(this.#explain(error));
      return 'keep';
    }
  }

  /** Ends in time whatever the network does: what the broker has not answered by then is left to its locks. */
  async #stop(drainTimeoutMs: number): Promise<void> {
    const { graceMs, limitMs } = stopTimes(drainTimeoutMs);
    this.#cancelCheck();
    this.#firstAttempt.resolve();
    this.#slots.setLimit(0);
    // The drain timeout counts from now, however long the broker takes to stop delivering.
    const drained = this.#inFlight.drain(limitMs - graceMs, this.#clock);
    const receiving = waitAtMost(closingMs, this.#clock, this.#connection.stopReceiving());
    const closed = Promise.all([receiving, drained]).then(() => this.#close());
    const reported = closed.catch((error: unknown) => this.#options.onError(this.#explain(error)));
    await waitAtMost(limitMs, this.#clock, reported);
    this.#locks.close();
    this.#stopped.resolve();
  }

  #close(): Promise<void> {
    this.#locks.close();
    return waitAtMost(closingMs, this.#clock, this.#connection.retire());
  }

  #explain(error: unknown): TransportError {
    return translateError(error, `receive from queue "${this.queue}"`);
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
