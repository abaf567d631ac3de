import type { ServiceBusClient, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
import type { Clock } from '../../clock.js';
import type {
  DeadLetterPage,
  DeadLetters,
  DiscardOptions,
  DiscardResult,
  PeekOptions,
  ReplayOptions,
  ReplayResult,
  WholeDeadLetter,
} from '../../dead-letter/dead-letters.js';
import { Pace } from '../../dead-letter/pace.js';
import { pageLimit, placesToRead } from '../../dead-letter/page-limit.js';
import { type Counts, parsePlace, resolveSelection } from '../../dead-letter/selection.js';
import { nextGeneration, sentState } from '../../delivery-state.js';
import { TransportError } from '../../transport.js';
import { replayCopy } from './copies.js';
import { DeadLetterPass, type PassParts, type PassResult } from './dead-letter-pass.js';
import type { Sendable } from './encoded-message.js';
import { openDeadLetters } from './dead-letter-receiver.js';
import { describe, readWhole } from './dead-letter-windows.js';
import type { HeldLetter } from './held-letters.js';
import { refusalOf } from './refusal.js';
import type { SenderConnection } from './sender-connection.js';
import { translateError } from './translate-error.js';

/**
 * The dead letters of the queues and subscriptions of a namespace. Needs the rights to listen and to send, no more; so it
 * cannot tell where a subscription forwards to, and a replay from one has to name the queue.
 */
export class ServiceBusDeadLetters implements DeadLetters {
  readonly #sender: SenderConnection;
  readonly #clock: Clock;

  constructor(sender: SenderConnection, clock: Clock) {
    this.#sender = sender;
    this.#clock = clock;
  }

  async peek(place: string, options: PeekOptions = {}): Promise<DeadLetterPage> {
    const limit = pageLimit(options.limit);
    const from = options.from === undefined ? Long.ONE : placeOf(options.from);
    return this.#explained(place, 'look at', async (client) => {
      const receiver = openDeadLetters(client, place);
      try {
        return await page(receiver, place, limit, from);
      } finally {
        await receiver.close();
      }
    });
  }

  async read(place: string, places: readonly string[]): Promise<readonly WholeDeadLetter[]> {
    const wanted = [...placesToRead(places)].map(placeOf).sort((one, other) => one.compare(other));
    return this.#explained(place, 'read', async (client) => {
      const receiver = openDeadLetters(client, place);
      try {
        return await readAt(receiver, place, wanted);
      } finally {
        await receiver.close();
      }
    });
  }

  async replay(place: string, options: ReplayOptions = {}): Promise<ReplayResult> {
    const to = options.to ?? queueOf(place);
    const handle: PassParts['handle'] = (letters) => this.#sendAgain(letters, { place, to, options });
    const { onReplayed } = options;
    const onDone = ({ message }: HeldLetter): void => onReplayed?.(describe(message, place));
    const onProgress = (counts: Counts): void => options.onProgress?.(replayResult(counts));
    return replayResult(await this.#pass('replay', place, options, { handle, onDone, onProgress }));
  }

  async discard(place: string, options: DiscardOptions = {}): Promise<DiscardResult> {
    const onProgress = (counts: Counts): void => options.onProgress?.(discardResult(counts));
    const parts = { handle: async () => new Map(), onDone: () => {}, onProgress };
    return discardResult(await this.#pass('discard', place, options, parts));
  }

  async #pass(
    doing: 'replay' | 'discard',
    place: string,
    options: ReplayOptions | DiscardOptions,
    parts: Pick<PassParts, 'handle' | 'onDone' | 'onProgress'>,
  ): Promise<PassResult> {
    const selection = resolveSelection(options);
    const pace = new Pace(options, this.#clock);
    return this.#explained(place, doing, (client) =>
      new DeadLetterPass({ place, client, clock: this.#clock, selection, pace, ...parts }).run(),
    );
  }

  /**
   * The letters are removed after this: dying in between leaves copies that are recognised, never a loss. They go
   * together; when the broker refuses that, each alone shows which it is about.
   */
  async #sendAgain(
    letters: readonly HeldLetter[],
    { place, to, options }: { readonly place: string; readonly to: string; readonly options: ReplayOptions },
  ): Promise<ReadonlyMap<HeldLetter, unknown>> {
    const send = (some: readonly HeldLetter[]): Promise<void> =>
      this.#sender.send(
        { queue: to },
        some.map((letter) => copyOf(letter, place, options)),
      );
    try {
      await send(letters);
      return new Map();
    } catch (error) {
      if (letters.length === 1 || refusalOf(error) === undefined) {
        return new Map(letters.map((letter) => [letter, error]));
      }
    }
    const outcomes = await Promise.allSettled(letters.map((letter) => send([letter])));
    return new Map(
      outcomes.flatMap((outcome, n) => {
        const letter = letters[n];
        return outcome.status === 'rejected' && letter !== undefined ? [[letter, outcome.reason]] : [];
      }),
    );
  }

  async #explained<T>(place: string, doing: string, work: (client: ServiceBusClient) => Promise<T>): Promise<T> {
    try {
      return await this.#sender.use(work);
    } catch (error) {
      throw translateError(error, `${doing} the dead letters of "${place}"`);
    }
  }
}

function copyOf(held: HeldLetter, place: string, { maxAttempts, edit }: ReplayOptions): Sendable {
  const { message, state, brokerTime } = held;
  const { letter, envelope } = readWhole(message, place);
  const next = edit === undefined ? nextGeneration(state, maxAttempts) : sentState();
  return replayCopy({ message, envelope }, next, { brokerNow: brokerTime.now(), edit: edit?.({ letter, envelope }) });
}

function replayResult({ done, ...rest }: Counts & Partial<PassResult>): ReplayResult {
  return { replayed: done, ...resultOf(rest) };
}

function discardResult({ done, ...rest }: Counts & Partial<PassResult>): DiscardResult {
  return { discarded: done, ...resultOf(rest) };
}

function resultOf({ failed, skipped, handedBack = 0 }: Omit<Counts, 'done'> & Partial<PassResult>): {
  readonly failed: number;
  readonly skipped: number;
  readonly handedBack?: number;
} {
  return { failed, skipped, ...(handedBack > 0 && { handedBack }) };
}

function queueOf(place: string): string {
  const entity = parsePlace(place);
  if ('queue' in entity && !entity.isTransfer) return entity.queue;
  const why = entity.isTransfer
    ? 'they were on their way to another one'
    : 'where a subscription forwards to can be read with the right to manage only';
  const message = `Name the queue that gets the messages of "${place}" (\`to\`): ${why}.`;
  throw new TransportError('InvalidOptions', message, false);
}

async function page(receiver: ServiceBusReceiver, place: string, limit: number, from: Long): Promise<DeadLetterPage> {
  const messages = await receiver.peekMessages(limit, { fromSequenceNumber: from });
  const last = messages.at(-1)?.sequenceNumber;
  return {
    letters: messages.map((message) => describe(message, place)),
    ...(last === undefined ? {} : { next: String(last.add(1)) }),
  };
}

/** A look brings what follows as well: those that lie close together cost one. */
async function readAt(
  receiver: ServiceBusReceiver,
  place: string,
  wanted: readonly Long[],
): Promise<readonly WholeDeadLetter[]> {
  const names = new Set(wanted.map(String));
  const found: WholeDeadLetter[] = [];
  let next = 0;
  for (let from = wanted[next]; from !== undefined; from = wanted[next]) {
    const messages = await receiver.peekMessages(wanted.length - next, { fromSequenceNumber: from });
    found.push(...messages.filter((it) => names.has(String(it.sequenceNumber))).map((it) => readWhole(it, place)));
    const last = messages.at(-1)?.sequenceNumber;
    if (last === undefined) break;
    while (wanted[next]?.lessThanOrEqual(last) === true) next += 1;
  }
  return found;
}

function placeOf(place: string): Long {
  if (/^\d{1,19}$/.test(place)) return Long.fromString(place);
  throw new TransportError(
    'InvalidOptions',
    `"${place}" is no place in a dead-letter queue: give the \`next\` of a page.`,
    false,
  );
}
