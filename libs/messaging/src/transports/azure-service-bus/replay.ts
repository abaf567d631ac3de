import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import type { ReplayOptions, ReplayResult } from '../../dead-letter/dead-letters.js';
import { fromNative, nextGeneration, toNative } from '../../wire.js';
import { openDeadLetters } from './dead-letter-receiver.js';
import { LockKeeper } from './lock-keeper.js';
import { brokerFacts, fromServiceBusMessage, toServiceBusMessage } from './native-message.js';
import type { Sending } from './sending.js';
import { release } from './settle.js';
import { SettlementTurns } from './settlement-turns.js';
import { translateError } from './translate-error.js';

/** Messages asked for at a time. */
const batchSize = 32;
/** How long to wait for the next message, in milliseconds; what is left then is held by somebody else. */
const patienceMs = 3_000;
/** The most messages held on one link: at 2,047 unsettled ones the SDK receives no more. */
const maxHeldPerLink = 1_500;

interface Held {
  readonly message: ServiceBusReceivedMessage;
  readonly receiver: ServiceBusReceiver;
  readonly stopRenewing: () => void;
}

interface ReplayParts {
  readonly queue: string;
  readonly client: ServiceBusClient;
  readonly sending: Sending;
  readonly clock: Clock;
  /** Every dead letter at the start, in order, by place, and whether it was chosen. */
  readonly plan: ReadonlyMap<string, boolean>;
  readonly options: ReplayOptions;
}

/**
 * One pass over a dead-letter queue that replays what was chosen, and keeps the rest locked until the end so that it is
 * not received over and over.
 */
export class Replay {
  readonly #parts: ReplayParts;
  readonly #locks: LockKeeper;
  readonly #matching: number;
  /** Chosen and not yet replayed. */
  readonly #chosen: Set<string>;
  /** What must be received to get at all chosen ones. */
  readonly #unseen: Set<string>;
  /** Received and not replayed: handed back at the end, however it comes. */
  readonly #held = new Set<Held>();
  readonly #receivers: ServiceBusReceiver[] = [];
  #heldOnLink = 0;
  #replayed = 0;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
    this.#locks = new LockKeeper(parts.clock);
    const matching = [...parts.plan].filter(([, isChosen]) => isChosen).map(([place]) => place);
    this.#matching = matching.length;
    this.#chosen = new Set(matching.slice(0, parts.options.max));
    const last = [...this.#chosen].at(-1);
    const places = [...parts.plan.keys()];
    this.#unseen = new Set(last === undefined ? [] : places.slice(0, places.indexOf(last) + 1));
  }

  async run(): Promise<ReplayResult> {
    try {
      while (this.#chosen.size > 0 && !this.#isEnded) {
        const receiver = this.#receiver();
        const count = Math.min(batchSize, this.#unseen.size);
        const batch = await receiver.receiveMessages(count, { maxWaitTimeInMs: patienceMs });
        if (batch.length === 0) break;
        const received = batch.map((message) => this.#hold(message, receiver));
        for (const held of received) if (this.#isWanted(held)) await this.#replay(held);
      }
    } finally {
      await this.#letGo();
    }
    return this.#progress;
  }

  get #isEnded(): boolean {
    return this.#parts.options.signal?.aborted === true;
  }

  get #progress(): ReplayResult {
    return { replayed: this.#replayed, remaining: this.#matching - this.#replayed };
  }

  #receiver(): ServiceBusReceiver {
    const current = this.#receivers.at(-1);
    if (current !== undefined && this.#heldOnLink < maxHeldPerLink) return current;
    const receiver = openDeadLetters(this.#parts.client, this.#parts.queue);
    this.#receivers.push(receiver);
    this.#heldOnLink = 0;
    return receiver;
  }

  #hold(message: ServiceBusReceivedMessage, receiver: ServiceBusReceiver): Held {
    const stopRenewing = this.#locks.keep({
      lockedUntil: message.lockedUntilUtc?.getTime() ?? this.#parts.clock.now(),
      renew: async () => (await receiver.renewMessageLock(message)).getTime(),
      isGone: (error) => translateError(error, 'renew a lock').code === 'LockLost',
      onLost: () => {}, // completing it will fail, and say so
    });
    const held: Held = { message, receiver, stopRenewing };
    this.#held.add(held);
    this.#heldOnLink += 1;
    this.#unseen.delete(placeOf(held));
    return held;
  }

  #isWanted(held: Held): boolean {
    return !this.#isEnded && this.#chosen.has(placeOf(held));
  }

  /**
   * Sends first and completes after: dying in between leaves a copy that is recognised, never a loss. What fails here
   * stays held, and is handed back.
   */
  async #replay(held: Held): Promise<void> {
    const { message, receiver, stopRenewing } = held;
    const { queue, sending, options } = this.#parts;
    const { envelope, state } = fromNative(fromServiceBusMessage(message), brokerFacts(message, queue));
    await sending.send({ queue }, [toServiceBusMessage(toNative(envelope, nextGeneration(state)))]);
    await receiver.completeMessage(message);
    stopRenewing();
    this.#held.delete(held);
    this.#heldOnLink -= 1;
    this.#chosen.delete(placeOf(held));
    this.#replayed += 1;
    options.onProgress?.(this.#progress);
  }

  /** Hands back what is still held. What cannot be handed back any more is free once its lock runs out. */
  async #letGo(): Promise<void> {
    this.#locks.close();
    // Each in a tick of its own: neighbours may count different releases.
    const turns = new SettlementTurns();
    await Promise.allSettled(
      [...this.#held].map(async ({ message, receiver }) => {
        const { state } = fromNative(fromServiceBusMessage(message), brokerFacts(message, this.#parts.queue));
        await turns.take('other');
        await release(receiver, message, state);
      }),
    );
    await Promise.allSettled(this.#receivers.map((receiver) => receiver.close()));
  }
}

/** A letter's place in the dead-letter queue. */
function placeOf({ message }: Held): string {
  return String(message.sequenceNumber);
}
