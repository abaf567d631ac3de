import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
import type { Clock } from '../../clock.js';
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  PeekOptions,
  ReplayOptions,
  ReplayResult,
} from '../../dead-letter/dead-letters.js';
import { describeDeadLetter } from '../../dead-letter/describe-dead-letter.js';
import { pageLimit } from '../../dead-letter/page-limit.js';
import { TransportError } from '../../transport.js';
import { openDeadLetters } from './dead-letter-receiver.js';
import { brokerFacts, fromServiceBusMessage } from './service-bus-message.js';
import { Replay } from './replay.js';
import type { SenderConnection } from './sender-connection.js';
import { translateError } from './translate-error.js';

/** The most messages one look returns. */
const largestPage = 250;

/** The dead letters of the queues of a namespace. Needs the rights to listen and to send, no more. */
export class ServiceBusDeadLetters implements DeadLetters {
  readonly #sender: SenderConnection;
  readonly #clock: Clock;

  constructor(sender: SenderConnection, clock: Clock) {
    this.#sender = sender;
    this.#clock = clock;
  }

  async peek(queue: string, options: PeekOptions = {}): Promise<DeadLetterPage> {
    const limit = pageLimit(options.limit);
    const from = options.from === undefined ? Long.ONE : placeOf(options.from);
    return this.#explained(queue, 'look at', () =>
      this.#sender.use(async (client) => {
        const receiver = openDeadLetters(client, queue);
        try {
          return await page(receiver, queue, limit, from);
        } finally {
          await receiver.close();
        }
      }),
    );
  }

  /**
   * Active dead letters cannot be fetched by number, so choosing some means receiving and holding the others in between.
   * A first pass only looks, and notes what is to be replayed; the second receives up to the last of those.
   */
  async replay(queue: string, options: ReplayOptions = {}): Promise<ReplayResult> {
    return this.#explained(queue, 'replay', () =>
      this.#sender.use(async (client) => {
        const plan = await this.#plan(client, queue, options.filter ?? (() => true));
        const replay = new Replay({ queue, client, sender: this.#sender, clock: this.#clock, plan, options });
        return replay.run();
      }),
    );
  }

  /** Every dead letter there is now, in order, and whether it was chosen. */
  async #plan(
    client: ServiceBusClient,
    queue: string,
    filter: (letter: DeadLetter) => boolean,
  ): Promise<ReadonlyMap<string, boolean>> {
    const plan = new Map<string, boolean>();
    const receiver = openDeadLetters(client, queue);
    try {
      let next: Long | undefined = Long.ONE;
      while (next !== undefined) {
        const found: DeadLetterPage = await page(receiver, queue, largestPage, next);
        for (const letter of found.letters) plan.set(letter.place, filter(letter));
        next = found.next === undefined ? undefined : placeOf(found.next);
      }
    } finally {
      await receiver.close();
    }
    return plan;
  }

  async #explained<T>(queue: string, doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translateError(error, `${doing} the dead letters of queue "${queue}"`);
    }
  }
}

async function page(receiver: ServiceBusReceiver, queue: string, limit: number, from: Long): Promise<DeadLetterPage> {
  const messages = await receiver.peekMessages(limit, { fromSequenceNumber: from });
  const last = messages.at(-1)?.sequenceNumber;
  return {
    letters: messages.map((message) => describe(message, queue)),
    ...(last === undefined ? {} : { next: String(last.add(1)) }),
  };
}

function describe(message: ServiceBusReceivedMessage, queue: string): DeadLetter {
  return describeDeadLetter(fromServiceBusMessage(message), {
    ...brokerFacts(message, queue),
    place: String(message.sequenceNumber),
    reason: message.deadLetterReason,
    detail: message.deadLetterErrorDescription,
    deliveryCount: message.deliveryCount ?? 0,
  });
}

function placeOf(place: string): Long {
  if (/^\d{1,19}$/.test(place)) return Long.fromString(place);
  throw new TransportError(
    'InvalidOptions',
    `"${place}" is no place in a dead-letter queue: give the \`next\` of a page.`,
    false,
  );
}
