import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, GetMessage, Message } from 'amqplib';
import type { DeadLetter, WholeDeadLetter } from '../../dead-letter/dead-letters.js';
import { describeDeadLetter } from '../../dead-letter/describe-dead-letter.js';
import type { Envelope } from '../../envelope.js';
import { type DeliveryState } from '../../delivery-state.js';
import { fromNative } from '../../native-message.js';
import { deathHeaders, sentAt, toReceived } from './message.js';
import { deadLetterQueueOf } from './topology.js';

/** A dead letter in our hands. */
export interface TakenLetter {
  readonly letter: DeadLetter;
  readonly message: GetMessage;
  readonly envelope: Envelope;
  readonly state: DeliveryState;
}

interface Walk {
  readonly most: number;
  readonly visit: (letter: TakenLetter) => void;
  /** Ends the walk once aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Answers that are sent to the broker before it is waited for. */
const answersAtOnce = 16;

/** How long the broker's count is waited for after letters were handed back: this often, so many ms apart. */
const recounts = { times: 50, pauseMs: 10 };

/** Why the broker itself dead-lettered a message, in our words. */
const brokerReasons: Readonly<Record<string, readonly [reason: string, detail: string]>> = {
  delivery_limit: ['MaxDeliveryCountExceeded', 'Its deliveries ended without an answer too often.'],
  expired: ['TTLExpiredException', 'Its time to live ended before it was handled.'],
  maxlen: ['MaxLengthExceeded', 'The queue was full, and it was the oldest message.'],
  rejected: ['Rejected', 'A consumer rejected it without saying why.'],
};

/**
 * Takes all letters of a dead-letter queue and hands back what is not removed. All of them, since the broker puts what is
 * handed back wherever it likes: their order is that of their places, which begin with the time.
 */
export class LetterReader {
  readonly #channel: Channel;
  readonly #queue: string;
  readonly #maxDeliveryCount: number | undefined;
  readonly #unnamed = new Map<string, number>();
  /** Letters that were taken, and not removed. */
  #inHand = 0;

  constructor(channel: Channel, queue: string, maxDeliveryCount: number | undefined) {
    this.#channel = channel;
    this.#queue = queue;
    this.#maxDeliveryCount = maxDeliveryCount;
  }

  /** Everything that is there, oldest first; of letters that `keep` does not choose nothing is kept in memory. */
  async takeAll(keep: (letter: DeadLetter) => boolean): Promise<readonly TakenLetter[]> {
    const taken: TakenLetter[] = [];
    await this.walk({
      most: Infinity,
      visit: (letter) => {
        if (keep(letter.letter)) taken.push(letter);
      },
    });
    return taken.sort((one, other) => byPlace(one.letter, other.letter));
  }

  /** Takes letters in the broker's order, and keeps none of them in memory; resolves with whether it came to the end. */
  async walk({ most, visit, signal }: Walk): Promise<boolean> {
    for (let taken = 0; taken < most && signal?.aborted !== true; taken += 1) {
      const message = await this.#channel.get(deadLetterQueueOf(this.#queue));
      if (message === false) return true;
      this.#inHand += 1;
      visit(this.#read(message));
    }
    return false;
  }

  /**
   * Removes letters for good; resolves once the broker has done so. It keeps back what comes after 32 answers that it has
   * not written, and forgets that when the channel closes: so it is asked for something in between, which it does in turn.
   */
  async remove(letters: readonly TakenLetter[]): Promise<void> {
    for (let next = 0; next < letters.length; next += answersAtOnce) {
      const removed = letters.slice(next, next + answersAtOnce);
      for (const { message } of removed) this.#channel.ack(message);
      this.#inHand -= removed.length;
      // Most likely there is nothing to get; what there is goes back with the rest.
      if (await this.#channel.get(deadLetterQueueOf(this.#queue))) this.#inHand += 1;
    }
  }

  /**
   * Hands everything back that was taken and not removed; resolves once the broker counts it again, so that nobody who
   * counts next misses it. A quorum queue writes down what it got back before it counts it; where somebody else takes
   * letters meanwhile, that count never comes and is waited for no longer than half a second.
   */
  async handBack(): Promise<void> {
    this.#channel.nackAll(true);
    for (let left = recounts.times; left > 0; left -= 1) {
      // Answered after what went before.
      const { messageCount } = await this.#channel.checkQueue(deadLetterQueueOf(this.#queue));
      if (messageCount >= this.#inHand) return;
      await pause(recounts.pauseMs);
    }
  }

  #read(message: GetMessage): TakenLetter {
    const place = String(message.properties.headers?.[deathHeaders.place] ?? this.#placeOf(message));
    return { ...readLetter(message, { queue: this.#queue, place, maxDeliveryCount: this.#maxDeliveryCount }), message };
  }

  /** A place for what the broker put here by itself: what is in it, and which of those that are equal in that it is. */
  #placeOf(message: GetMessage): string {
    const { properties, content } = message;
    const { messageId, type, timestamp, headers } = properties;
    const said = JSON.stringify([messageId, type, timestamp, headers?.['x-death']]);
    const hash = createHash('sha256').update(said).update(content).digest('base64url').slice(0, 22);
    const count = (this.#unnamed.get(hash) ?? 0) + 1;
    this.#unnamed.set(hash, count);
    return `${placeTime(diedAt(message))}-${hash}.${count}`;
  }
}

interface LetterPlace {
  readonly queue: string;
  readonly place: string;
  /** Of the queue, for what the broker gave up by itself. */
  readonly maxDeliveryCount?: number | undefined;
}

/** A message of a dead-letter queue as what it is. */
export function readLetter(
  message: Message,
  { queue, place, maxDeliveryCount = 1 }: LetterPlace,
): WholeDeadLetter & { readonly state: DeliveryState } {
  const native = toReceived(message);
  const headers = message.properties.headers ?? {};
  const [brokerReason, brokerDetail] = brokerReasons[String(headers['x-death']?.[0]?.reason)] ?? [];
  const facts = {
    stableId: `place:${place}@${queue}`,
    enqueuedAt: sentAt(message, timeOf(place) ?? diedAt(message)),
    place,
    reason: headers[deathHeaders.cause] ?? brokerReason,
    detail: headers[deathHeaders.detail] ?? brokerDetail,
    consumerVersion: headers[deathHeaders.consumerVersion] as unknown,
    deliveryCount: Number(headers[deathHeaders.deliveryCount] ?? maxDeliveryCount),
  };
  const { envelope, state } = fromNative(native, facts);
  return { letter: describeDeadLetter(native, facts), envelope, state };
}

/** When the broker gave it up, in milliseconds since 1970; 0 where it did not. */
function diedAt({ properties }: Message): number {
  return (properties.headers?.['x-death']?.[0]?.time.value ?? 0) * 1_000;
}

/** For sorting: oldest first. */
export function byPlace(one: DeadLetter, other: DeadLetter): number {
  return one.place < other.place ? -1 : 1;
}

/** The beginning of a place: places are in the order of time as text is. */
export function placeTime(ms: number): string {
  return ms.toString(36).padStart(9, '0');
}

/** What {@link placeTime} made the beginning of; undefined for a place that is not ours. */
function timeOf(place: string): number | undefined {
  const [, time] = /^([0-9a-z]{9})-/.exec(place) ?? [];
  return time === undefined ? undefined : Number.parseInt(time, 36);
}
