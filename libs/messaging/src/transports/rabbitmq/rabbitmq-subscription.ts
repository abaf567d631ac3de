import { randomUUID } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
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
import { stopTimes } from '../stop-times.js';
import type { ResolvedSubscribeOptions } from '../subscribe-options.js';
import { waitAtMost } from '../wait-at-most.js';
import type { Connection } from './connection.js';
import { ConsumerChannel } from './consumer-channel.js';
import type { DeadLetterSender } from './dead-letter-sender.js';
import { longestDelayOf } from './delays.js';
import { isExpired } from './lifetime.js';
import { LongDeliveries } from './long-deliveries.js';
import type { ResolvedOptions } from './options.js';
import type { Router } from './router.js';
import { read, type Received, Settler } from './settle.js';
import { translateError } from './translate-error.js';

interface Parts {
  readonly connection: Connection;
  readonly router: Router;
  readonly letters: DeadLetterSender;
  readonly resolved: ResolvedOptions;
  /** Whether messages of the queue are handled in order, one consumer at a time. */
  readonly keepsOrder: boolean;
}

type Condition = Pick<SubscriptionHealth, 'state' | 'detail'>;

const running: Condition = Object.freeze({ state: 'running' });

/** Delivers one queue's messages to one consumer, over a channel that is opened again whenever it is lost. */
export class RabbitMqSubscription implements Subscription {
  readonly queue: string;
  readonly #consume: Consume;
  readonly #options: ResolvedSubscribeOptions;
  readonly #parts: Parts;
  readonly #settler: Settler;
  readonly #inFlight = new InFlight();
  readonly #occupied = new OccupiedPlaces();
  readonly #long: LongDeliveries;
  readonly #stopped = Promise.withResolvers<void>();
  /** Deliveries in hand, by the channel they came on. */
  readonly #inHand = new Map<ConsumerChannel, LinkedList<RunningDelivery>>();
  #channel: ConsumerChannel | undefined;
  #attaching = false;
  #condition: Condition = { state: 'connecting', detail: 'The consumer is being attached.' };
  #limit: number;
  #cancelRetry: () => void = () => {};
  #stopping: Promise<void> | undefined;

  constructor(queue: string, consume: Consume, options: ResolvedSubscribeOptions, parts: Parts) {
    this.queue = queue;
    this.#consume = consume;
    this.#options = options;
    this.#parts = parts;
    this.#limit = options.concurrency;
    const { clock, longestDeliveryMs, topology } = parts.resolved;
    this.#settler = new Settler({
      queue,
      router: parts.router,
      letters: parts.letters,
      clock,
      keepsOrder: parts.keepsOrder,
      longestDelayMs: longestDelayOf(topology.delayLevels),
      onError: options.onError,
    });
    this.#long = new LongDeliveries(longestDeliveryMs, clock);
  }

  /**
   * Resolves when attached or when the broker cannot be reached yet, or has another topology, which somebody may mend while
   * this goes on trying: it is no reason to start again and again. Rejects when it never could be attached.
   */
  async start(): Promise<void> {
    try {
      await this.#attach();
    } catch (error) {
      const failure = error as TransportError;
      if (!failure.retryable && failure.code !== 'InvalidTopology') {
        await this.stop(0);
        throw failure;
      }
      this.#failed(failure);
    }
  }

  health(): SubscriptionHealth {
    const inFlight = this.#taken;
    if (this.#stopping !== undefined) return { state: 'stopped', inFlight, detail: 'The subscription was stopped.' };
    return this.#occupied.judge({ ...this.#condition, inFlight }, this.#options.concurrency);
  }

  get inHand(): number {
    return this.#inFlight.size;
  }

  async setConcurrency(limit: number): Promise<void> {
    checkLimit(this.queue, limit);
    if (this.#stopping !== undefined || limit === this.#limit) return;
    this.#limit = limit;
    await this.#channel?.setCapacity(this.#capacity);
  }

  stop(drainTimeoutMs = defaultDrainTimeoutMs): Promise<void> {
    this.#stopping ??= this.#stop(drainTimeoutMs);
    return this.#stopping;
  }

  /** Calls `listener` once this was stopped, by whoever. */
  onStopped(listener: () => void): void {
    void this.#stopped.promise.then(listener);
  }

  get #taken(): number {
    return this.#inFlight.size + this.#occupied.count;
  }

  async #attach(): Promise<void> {
    const { connection, resolved } = this.#parts;
    this.#attaching = true;
    try {
      const channel = new ConsumerChannel(await connection.channel(), this.queue, resolved.clock, {
        onMessage: (message, on) => this.#arrived(message, on),
        onLost: (error, on) => this.#lost(error, on),
      });
      if (this.#stopping !== undefined) return void (await channel.close());
      this.#channel = channel;
      await channel.setCapacity(this.#capacity);
      if (channel.isGone) throw new Error('Channel closed');
      this.#condition = running;
    } catch (error) {
      const channel = this.#channel;
      this.#channel = undefined;
      await channel?.close();
      throw translateError(error, `receive from queue "${this.queue}"`);
    } finally {
      this.#attaching = false;
    }
  }

  #lost(error: TransportError, channel: ConsumerChannel): void {
    for (const delivery of [...(this.#inHand.get(channel) ?? [])]) delivery.loseLock();
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    // What fails while it is being attached is reported by that, once.
    if (this.#stopping === undefined && !this.#attaching) this.#failed(error);
  }

  /** Says what went wrong, and attaches again after a pause. */
  #failed(error: TransportError): void {
    if (this.#stopping !== undefined) return;
    this.#condition = { state: 'connecting', detail: error.message };
    this.#options.onError(error);
    const { clock } = this.#parts.resolved;
    const again = (): void => {
      if (this.#stopping !== undefined) return;
      this.#attach().catch((failure: TransportError) => this.#failed(failure));
    };
    // What is wrong with the queue itself is not over in a moment.
    const pauseMs = error.retryable ? this.#parts.connection.pauseMs : this.#parts.resolved.maxReconnectDelayMs;
    this.#cancelRetry = clock.schedule(clock.now() + pauseMs, again);
  }

  #arrived(message: ConsumeMessage, channel: ConsumerChannel): void {
    const now = this.#parts.resolved.clock.now();
    const received = read(message, channel, now, randomUUID);
    // What was on its way when the limit sank, or a stop began, goes back.
    const isWanted = this.#stopping === undefined && this.#taken < this.#limit;
    void this.#deliver(received, isWanted, now);
  }

  async #deliver(received: Received, isWanted: boolean, now: number): Promise<void> {
    const { channel } = received;
    const occupants: Promise<unknown>[] = [];
    const flight = this.#inFlight.enter();
    const delivery = flight.item;
    const inHand = this.#inHandOf(channel);
    const place = inHand.add(delivery);
    const watch = this.#long.watch(delivery, now);
    try {
      if (isExpired(received.message, now)) return await this.#settler.expire(received);
      if (received.isNameless) return await this.#settler.name(received);
      // A copy would come straight back.
      if (!isWanted) await channel.changed;
      const settlement = isWanted ? await this.#handle(received, delivery, occupants) : ({ kind: 'release' } as const);
      if (occupants.length > 0) await this.#keepPlace(occupants);
      if (watch.item.isGivenUp) return await this.#settler.countUnsettled(received, 0);
      const settled = this.#settler.settle(settlement, received);
      // What is only acknowledged is settled by now: nearly all.
      if (settled !== undefined) await settled;
    } catch (error) {
      await this.#notSettled(error as TransportError, received);
    } finally {
      this.#long.end(watch);
      inHand.remove(place);
      if (inHand.size === 0) this.#inHand.delete(channel);
      // The place that it kept is free.
      if (channel.isGone) this.#channel?.setCapacity(this.#capacity).catch(this.#report);
      this.#inFlight.leave(flight);
    }
  }

  #inHandOf(channel: ConsumerChannel): LinkedList<RunningDelivery> {
    const known = this.#inHand.get(channel);
    if (known !== undefined) return known;
    const inHand = new LinkedList<RunningDelivery>();
    this.#inHand.set(channel, inHand);
    return inHand;
  }

  #handle(received: Received, delivery: RunningDelivery, occupants: Promise<unknown>[]): Promise<Settlement> {
    const { envelope, attempt, state } = received;
    // On an ordered queue a release is a requeue, which nobody can tell from a crash.
    const unsettled = this.#parts.keepsOrder ? 0 : received.unsettled;
    const occupied = (until: Promise<unknown>): void => void occupants.push(until);
    const facts = { envelope, queue: this.queue, attempt, unsettled, occupied, ...stateInDelivery(state, unsettled) };
    return delivery.settlement(this.#consume, facts);
  }

  /** The broker frees a place when a delivery is acknowledged: it must not fill this one. */
  async #keepPlace(occupants: readonly Promise<unknown>[]): Promise<void> {
    void this.#occupied.wait(occupants).then(() => this.#channel?.setCapacity(this.#capacity).catch(this.#report));
    await this.#channel?.setCapacity(this.#capacity, 1);
  }

  /** What a consumer rejected counts as a delivery that ended unsettled, and comes again later: it is no poll. */
  async #notSettled(error: TransportError, received: Received): Promise<void> {
    this.#report(error);
    if (error.code !== 'ConsumerRejected') return;
    try {
      await this.#settler.countUnsettled(received, this.#parts.resolved.rejectedDelayMs);
    } catch (failure) {
      this.#report(failure as TransportError);
    }
  }

  /**
   * How many deliveries there may be in hand of the present channel. What a consumer still does for a lost one takes a
   * place: the broker, which has it again, would deliver it only to be handed it back, over and over.
   */
  get #capacity(): number {
    if (this.#stopping !== undefined) return 0;
    let lost = 0;
    for (const [{ isGone }, { size }] of this.#inHand) if (isGone) lost += size;
    return Math.max(0, this.#limit - this.#occupied.count - lost);
  }

  async #stop(drainTimeoutMs: number): Promise<void> {
    const { clock } = this.#parts.resolved;
    const { graceMs, limitMs } = stopTimes(drainTimeoutMs);
    this.#cancelRetry();
    const channel = this.#channel;
    const draining = async (): Promise<void> => {
      // What arrives before the broker heard of it is handed back.
      await channel?.setCapacity(0).catch(this.#report);
      await this.#inFlight.drain(limitMs - graceMs, clock);
    };
    await waitAtMost(limitMs, clock, draining());
    this.#channel = undefined;
    await channel?.close();
    this.#long.close();
    this.#stopped.resolve();
  }

  readonly #report = (error: unknown): void => {
    if (!(error instanceof TransportError && error.code === 'Closed')) {
      this.#options.onError(translateError(error, `settle a message of "${this.queue}"`));
    }
  };
}
