import type { Consume, Settlement, Subscription, SubscriptionHealth } from '../../transport.js';
import { TransportError } from '../../transport.js';
import {
  attemptOf,
  type DeliveryState,
  nextRound,
  releasedCopy,
  stateInDelivery,
  unsettledOf,
} from '../../delivery-state.js';
import { fromNative, releasesProperty } from '../../native-message.js';
import { checkLimit } from '../check-concurrency.js';
import { defaultDrainTimeoutMs, InFlight } from '../in-flight.js';
import { OccupiedPlaces } from '../occupied-places.js';
import { isReleasedAsCopy } from '../release-as-copy.js';
import type { RunningDelivery } from '../running-delivery.js';
import type { ResolvedSubscribeOptions } from '../subscribe-options.js';
import { copyOf } from './copy-of.js';
import { brokerFacts } from './broker-facts.js';
import type { MemoryBroker } from './memory-broker.js';
import { livesOn } from './memory-lifetime.js';
import type { Lock, StoredMessage } from './stored-message.js';

/** Delivers one queue's messages to one consumer. */
export class MemorySubscription implements Subscription {
  readonly queue: string;
  readonly #broker: MemoryBroker;
  readonly #consume: Consume;
  readonly #options: ResolvedSubscribeOptions;
  readonly #inFlight = new InFlight();
  readonly #renewals = new Set<() => void>();
  readonly #stopListening: () => void;
  readonly #onStopped: () => void;
  readonly #occupied = new OccupiedPlaces();
  #limit: number;
  #stopped = false;
  #disconnected = false;

  constructor(
    broker: MemoryBroker,
    queue: string,
    consume: Consume,
    options: ResolvedSubscribeOptions,
    onStopped: () => void,
  ) {
    this.queue = queue;
    this.#broker = broker;
    this.#consume = consume;
    this.#options = options;
    this.#onStopped = onStopped;
    this.#limit = options.concurrency;
    this.#stopListening = broker.listen(queue, () => this.#pump());
    this.#pump();
  }

  health(): SubscriptionHealth {
    const inFlight = this.#taken;
    if (this.#disconnected) return { state: 'stopped', inFlight, detail: 'The transport was disconnected.' };
    return this.#stopped
      ? { state: 'stopped', inFlight, detail: 'The subscription was stopped.' }
      : this.#occupied.judge({ state: 'running', inFlight }, this.#options.concurrency);
  }

  get inHand(): number {
    return this.#inFlight.size;
  }

  get #taken(): number {
    return this.#inFlight.size + this.#occupied.count;
  }

  async setConcurrency(limit: number): Promise<void> {
    checkLimit(this.queue, limit);
    this.#limit = limit;
    this.#pump();
  }

  async stop(drainTimeoutMs = defaultDrainTimeoutMs): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    if (!this.#disconnected) await this.#inFlight.drain(drainTimeoutMs, this.#broker.clock);
    this.#onStopped();
  }

  /** What a crash of this process would do: nothing in flight is settled, its locks run out. */
  disconnect(): void {
    this.#disconnected = true;
    this.#stopped = true;
    this.#stopListening();
    for (const cancel of this.#renewals) cancel();
    this.#renewals.clear();
  }

  #pump(): void {
    while (!this.#stopped && this.#taken < this.#limit) {
      const lock = this.#broker.take(this.queue);
      if (lock === undefined) return;
      void this.#inFlight.run((running) => this.#deliver(lock, running)).then(() => this.#pump());
    }
  }

  async #deliver(lock: Lock, running: RunningDelivery): Promise<void> {
    const { message } = lock;
    const { envelope, state } = fromNative(message.native, brokerFacts(message, this.queue));
    const attempt = attemptOf(state, message.deliveryCount);
    const stopRenewing = this.#keepLocked(lock, running);
    const occupants: Promise<unknown>[] = [];
    const occupied = (until: Promise<unknown>): void => void occupants.push(until);
    try {
      const unsettled = unsettledOf(state, message.deliveryCount);
      const known = { envelope, queue: this.queue, attempt, unsettled, ...stateInDelivery(state, unsettled) };
      const delivery = { ...known, occupied };
      const settlement = await running.settlement(this.#consume, delivery);
      if (!this.#disconnected && !this.#apply(settlement, lock, attempt)) this.#report(lockLost(envelope.id));
    } catch (error) {
      this.#report(error as TransportError);
    } finally {
      stopRenewing();
      if (occupants.length > 0) void this.#occupied.wait(occupants).then(() => this.#pump());
    }
  }

  #apply(settlement: Settlement, lock: Lock, attempt: number): boolean {
    const queue = this.#broker.queue(this.queue);
    if (settlement.kind === 'complete') return queue.complete(lock);
    if (settlement.kind === 'dead-letter') return queue.deadLetter(lock, settlement);
    const { state } = fromNative(lock.message.native, brokerFacts(lock.message, this.queue));
    if (settlement.kind === 'retry') {
      return this.#goOnAsCopy(lock, nextRound(state, attempt, settlement.reason), settlement.delayMs);
    }
    const { delayMs = 0, isolate } = settlement;
    if (delayMs > 0 || isReleasedAsCopy(lock.message.deliveryCount, this.#options.maxDeliveryCount)) {
      return this.#goOnAsCopy(lock, releasedCopy(state, lock.message.deliveryCount, isolate), delayMs);
    }
    const released = queue.abandon(lock, withOneMoreRelease(lock.message, state));
    this.#broker.notify(this.queue);
    return released;
  }

  #goOnAsCopy(lock: Lock, state: DeliveryState, delayMs: number): boolean {
    const { envelope } = fromNative(lock.message.native, brokerFacts(lock.message, this.queue));
    const now = this.#broker.clock.now();
    const copy = livesOn(lock.message, copyOf(lock.message.native, envelope, state), now + delayMs);
    const queue = this.#broker.queue(this.queue);
    if (copy === 'expired') {
      return queue.deadLetter(lock, { reason: 'Expired', detail: 'It expires before its next try.' });
    }
    if (!queue.complete(lock)) return false;
    this.#broker.store({ queue: this.queue }, copy, now + delayMs);
    return true;
  }

  #keepLocked(lock: Lock, running: RunningDelivery): () => void {
    const { clock, lockDurationMs } = this.#broker;
    let cancel = (): void => {};
    const renew = (): void => {
      this.#renewals.delete(cancel);
      if (!this.#broker.queue(this.queue).renew(lock, clock.now())) return running.loseLock();
      wait();
    };
    const wait = (): void => {
      cancel = clock.schedule(clock.now() + lockDurationMs / 2, renew);
      this.#renewals.add(cancel);
    };
    wait();
    return () => {
      cancel();
      this.#renewals.delete(cancel);
    };
  }

  #report(error: TransportError): void {
    this.#options.onError(error);
  }
}

function withOneMoreRelease(message: StoredMessage, state: DeliveryState): StoredMessage['native'] {
  const applicationProperties = { ...message.native.applicationProperties, [releasesProperty]: state.releases + 1 };
  return { ...message.native, applicationProperties };
}

function lockLost(id: string): TransportError {
  return new TransportError('SettlementFailed', `The lock on message ${id} was lost before it was settled.`, false);
}
