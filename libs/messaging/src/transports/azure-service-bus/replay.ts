import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import type { ReplayOptions, ReplayResult } from '../../dead-letter/dead-letters.js';
import { fromNative, nextGeneration, toNative } from '../../native-message.js';
import { openDeadLetters } from './dead-letter-receiver.js';
import { LockDuration } from './lock-duration.js';
import { LockRenewer } from './lock-renewer.js';
import { brokerFacts, fromServiceBusMessage, toServiceBusMessage } from './service-bus-message.js';
import type { SenderConnection } from './sender-connection.js';
import { release } from './settle.js';
import { SettlementTurns } from './settlement-turns.js';
import { translateError } from './translate-error.js';

/** Messages asked for at a time. */
const batchSize = 32;
/** How long to wait for the next message, in milliseconds; what is left then is locked by another. */
const receiveTimeoutMs = 3_000;
/** The most messages kept on one link: at 2,047 unsettled ones the SDK receives no more. */
const maxReceivedPerLink = 1_500;

interface ReceivedLetter {
  readonly message: ServiceBusReceivedMessage;
  readonly receiver: ServiceBusReceiver;
  readonly stopRenewing: () => void;
}

interface ReplayParts {
  readonly queue: string;
  readonly client: ServiceBusClient;
  readonly sender: SenderConnection;
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
  readonly #locks: LockRenewer;
  readonly #lockDuration: LockDuration;
  readonly #matching: number;
  /** Chosen and not yet replayed. */
  readonly #chosen: Set<string>;
  /** What must be received to get at all chosen ones. */
  readonly #unseen: Set<string>;
  /** Received and not replayed: handed back at the end, however it comes. */
  readonly #received = new Set<ReceivedLetter>();
  readonly #receivers: ServiceBusReceiver[] = [];
  #receivedOnLink = 0;
  #replayed = 0;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
    this.#locks = new LockRenewer(parts.clock);
    this.#lockDuration = new LockDuration(parts.clock);
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
        const batch = await receiver.receiveMessages(count, { maxWaitTimeInMs: receiveTimeoutMs });
        if (batch.length === 0) break;
        const received = batch.map((message) => this.#keep(message, receiver));
        for (const letter of received) if (this.#isWanted(letter)) await this.#replay(letter);
      }
    } finally {
      await this.#releaseAll();
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
    if (current !== undefined && this.#receivedOnLink < maxReceivedPerLink) return current;
    const receiver = openDeadLetters(this.#parts.client, this.#parts.queue);
    this.#receivers.push(receiver);
    this.#receivedOnLink = 0;
    return receiver;
  }

  #keep(message: ServiceBusReceivedMessage, receiver: ServiceBusReceiver): ReceivedLetter {
    const stopRenewing = this.#locks.keep({
      ...this.#lockDuration.of(message),
      renew: () => receiver.renewMessageLock(message),
      isGone: (error) => translateError(error, 'renew a lock').code === 'LockLost',
      onLost: () => {}, // completing it will fail, and say so
    });
    const letter: ReceivedLetter = { message, receiver, stopRenewing };
    this.#received.add(letter);
    this.#receivedOnLink += 1;
    this.#unseen.delete(placeOf(letter));
    return letter;
  }

  #isWanted(letter: ReceivedLetter): boolean {
    return !this.#isEnded && this.#chosen.has(placeOf(letter));
  }

  /**
   * Sends first and completes after: dying in between leaves a copy that is recognised, never a loss. What fails here
   * stays locked, and is handed back.
   */
  async #replay(letter: ReceivedLetter): Promise<void> {
    const { message, receiver, stopRenewing } = letter;
    const { queue, sender, options } = this.#parts;
    const { envelope, state } = this.#read(message);
    await sender.send({ queue }, [toServiceBusMessage(toNative(envelope, nextGeneration(state)))]);
    await receiver.completeMessage(message);
    stopRenewing();
    this.#received.delete(letter);
    this.#receivedOnLink -= 1;
    this.#chosen.delete(placeOf(letter));
    this.#replayed += 1;
    options.onProgress?.(this.#progress);
  }

  #read(message: ServiceBusReceivedMessage): ReturnType<typeof fromNative> {
    return fromNative(fromServiceBusMessage(message), brokerFacts(message, this.#parts.queue));
  }

  /** Hands back what was received and not replayed. What cannot be handed back any more is free once its lock runs out. */
  async #releaseAll(): Promise<void> {
    this.#locks.close();
    // Those that count the same releases share a tick; neighbours that differ must not, see SettlementTurns.
    const turns = new SettlementTurns();
    const letters = Map.groupBy(this.#received, ({ message }) => this.#read(message).state.releases);
    await Promise.allSettled(
      [...letters.values()].map(async (group) => {
        await turns.take('other');
        await Promise.allSettled(
          group.map(({ message, receiver }) => release(receiver, message, this.#read(message).state)),
        );
      }),
    );
    await Promise.allSettled(this.#receivers.map((receiver) => receiver.close()));
  }
}

/** A letter's place in the dead-letter queue. */
function placeOf({ message }: ReceivedLetter): string {
  return String(message.sequenceNumber);
}
