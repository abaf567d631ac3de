import { randomBytes } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import type { Clock } from '../../clock.js';
import type { Envelope } from '../../envelope.js';
import {
  attemptOf,
  type Death,
  type DeliveryState,
  nextRound,
  releasedCopy,
  unsettledOf,
} from '../../delivery-state.js';
import { fromNative } from '../../native-message.js';
import { type Settlement, TransportError } from '../../transport.js';
import type { ConsumerChannel } from './consumer-channel.js';
import { remainingLifetime } from './lifetime.js';
import { placeTime } from './letter-reader.js';
import type { DeadLetterSender } from './dead-letter-sender.js';
import { copyOf, deliveryCountOf, sentAt, toReceived } from './message.js';
import type { Router } from './router.js';
import { waitAtMost } from '../wait-at-most.js';

/** What a delivery was read as. */
export interface Received {
  readonly message: ConsumeMessage;
  readonly channel: ConsumerChannel;
  readonly envelope: Envelope;
  readonly state: DeliveryState;
  readonly attempt: number;
  readonly unsettled: number;
  /** Its sender gave it no id, so that it would have another one at each delivery. */
  readonly isNameless: boolean;
}

/** The longest reason and detail of a dead letter, in UTF-16 code units. */
const longestText = 4_096;
/** Pauses between attempts to send a copy, in milliseconds; the last one is repeated. */
const pausesMs = [100, 500, 2_000, 10_000, 30_000] as const;
/** What a broker refuses a copy for: it would refuse it again. */
const refusals: ReadonlySet<string> = new Set(['InvalidMessage', 'MessageTooLarge']);

/** Reads what the broker delivered; never throws. `newId` names what came without an id. */
export function read(message: ConsumeMessage, channel: ConsumerChannel, now: number, newId: () => string): Received {
  const native = toReceived(message);
  const isNameless = native.messageId === undefined && !hasId(native.applicationProperties ?? {});
  const facts = { stableId: isNameless ? newId() : '', enqueuedAt: sentAt(message, now) };
  const { envelope, state } = fromNative(native, facts);
  const deliveryCount = deliveryCountOf(message);
  return {
    message,
    channel,
    envelope,
    state,
    attempt: attemptOf(state, deliveryCount),
    unsettled: unsettledOf(state, deliveryCount),
    isNameless,
  };
}

type Release = Extract<Settlement, { kind: 'release' }>;

/** What the broker calls it when it sees the end itself. */
const expired = { reason: 'TTLExpiredException', detail: 'Its time to live ended before it was handled.' } as const;

interface SettlerParts {
  readonly queue: string;
  readonly router: Router;
  readonly letters: DeadLetterSender;
  readonly clock: Clock;
  /** A release goes back to its place in the queue: a copy would come after what was sent later. */
  readonly keepsOrder: boolean;
  /** The longest delay that there is, in milliseconds. */
  readonly longestDelayMs: number;
  readonly onError: (error: TransportError) => void;
}

/**
 * The one place that settles what a queue delivered. Nothing is handed back as it is, save on an ordered queue: the
 * broker would count that as a crash. What has to come again is sent as a copy first, confirmed, and acknowledged after that; dying in between
 * leaves both, and the inbox absorbs one.
 */
export class Settler {
  readonly #parts: SettlerParts;

  constructor(parts: SettlerParts) {
    this.#parts = parts;
  }

  /** Applies a settlement; rejects, or throws, when the delivery was lost meanwhile, so that it comes again. */
  settle(settlement: Settlement, received: Received): Promise<void> | undefined {
    if (settlement.kind !== 'complete') return this.#goOn(settlement, received);
    this.#acknowledge(received);
    return undefined;
  }

  async #goOn(settlement: Exclude<Settlement, { kind: 'complete' }>, received: Received): Promise<void> {
    const { state, attempt } = received;
    if (received.channel.isGone) throw lost(received);
    switch (settlement.kind) {
      case 'release':
        return this.#release(received, settlement);
      case 'retry':
        return this.#goOnAsCopy(received, nextRound(state, attempt, settlement.reason), settlement.delayMs);
      case 'dead-letter':
        return this.#deadLetter(received, settlement);
    }
  }

  /** What is handed back for later than the longest delay comes sooner: nobody asked to give it up. */
  async #release(received: Received, { delayMs = 0, isolate }: Release): Promise<void> {
    if (this.#parts.keepsOrder && delayMs === 0) return received.channel.requeue(received.message);
    const state = releasedCopy(received.state, deliveryCountOf(received.message), isolate);
    await this.#goOnAsCopy(received, state, Math.min(delayMs, this.#parts.longestDelayMs));
  }

  /** Counts a delivery that ended without a settlement, and lets it come again after `delayMs`. */
  async countUnsettled(received: Received, delayMs: number): Promise<void> {
    const { state, attempt, unsettled } = received;
    if (received.channel.isGone) throw lost(received);
    const { firstFailure, inCompany } = state;
    const kept = { ...(firstFailure && { firstFailure }), ...(inCompany && { inCompany }) };
    const next = { ...nextRound(state, attempt), unsettled: unsettled + 1, ...kept };
    await this.#goOnAsCopy(received, next, delayMs);
  }

  /** Gives a message an id that stays: it goes on as a copy that has one. */
  async name(received: Received): Promise<void> {
    await this.#goOnAsCopy(received, received.state);
  }

  /** Gives up what has waited for longer than its time to live. */
  async expire(received: Received): Promise<void> {
    await this.#deadLetter(received, expired);
  }

  #acknowledge(received: Received): void {
    const { channel, message } = received;
    if (channel.isGone) throw lost(received);
    channel.finished(message);
  }

  async #goOnAsCopy(received: Received, state: DeliveryState, delayMs = 0): Promise<void> {
    const ends = remainingLifetime(received.message, this.#parts.clock.now(), delayMs);
    if (ends === 'expired') return this.#deadLetter(received, expiresBefore(delayMs));
    const copy = copyOf(received.message, received.envelope, state, ends);
    const to = { queue: this.#parts.queue };
    const refusal = await this.#send(received, () => this.#parts.router.send(to, copy, delayMs));
    if (refusal === undefined) return this.#acknowledge(received);
    await this.#deadLetter(received, { reason: refusal.code, detail: refusal.message });
  }

  /** What the broker does not take as a dead letter of ours goes there as it is. */
  async #deadLetter(received: Received, death: Death): Promise<void> {
    const { queue, letters, clock } = this.#parts;
    const named = {
      ...death,
      reason: death.reason.slice(0, longestText).toWellFormed(),
      detail: death.detail.slice(0, longestText).toWellFormed(),
      place: newPlace(clock.now()),
    };
    const refusal = await this.#send(received, (failures) => letters.send(queue, received, named, failures > 0));
    if (refusal === undefined) return this.#acknowledge(received);
    this.#parts.onError(refusal);
    received.channel.reject(received.message);
  }

  /**
   * Sends until the broker has it, or refuses it for what it is; rejects when the delivery is lost meanwhile. A queue that
   * is full or a broker in trouble is waited for: the place that the delivery takes is what holds its sender back.
   */
  async #send(received: Received, send: (failures: number) => Promise<void>): Promise<TransportError | undefined> {
    for (let failures = 0; ; failures += 1) {
      try {
        await send(failures);
        return undefined;
      } catch (error) {
        const failure = error as TransportError;
        if (refusals.has(failure.code)) return failure;
        if (received.channel.isGone || failure.code === 'Closed') throw lost(received, failure);
        this.#parts.onError(failure);
      }
      await this.#pause(pausesMs[Math.min(failures, pausesMs.length - 1)] as number, received.channel);
      if (received.channel.isGone) throw lost(received);
    }
  }

  async #pause(ms: number, { ended }: ConsumerChannel): Promise<void> {
    await waitAtMost(ms, this.#parts.clock, ended);
  }
}

function expiresBefore(delayMs: number): { readonly reason: string; readonly detail: string } {
  const detail = `Its time to live ends before it could be delivered again, ${delayMs} ms from now.`;
  return { reason: 'Expired', detail };
}

let places = 0;

/** A place for a dead letter: unique, and in the order of time. */
function newPlace(now: number): string {
  places = (places + 1) % 36 ** 6;
  return `${placeTime(now)}-${places.toString(36).padStart(6, '0')}-${randomBytes(6).toString('hex')}`;
}

function hasId(properties: Readonly<Record<string, unknown>>): boolean {
  return properties['cloudEvents_id'] !== undefined || properties['cloudEvents:id'] !== undefined;
}

function lost({ envelope }: Pick<Received, 'envelope'>, cause?: Error): TransportError {
  const message = `The delivery of message ${envelope.id} was lost before it was settled: it comes again.`;
  return new TransportError('SettlementFailed', message, false, { cause });
}
