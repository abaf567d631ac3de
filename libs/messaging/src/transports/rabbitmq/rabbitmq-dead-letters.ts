import type { Channel } from 'amqplib';
import type {
  BrowsedLetters,
  BrowseOptions,
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DiscardOptions,
  DiscardResult,
  PeekOptions,
  ReplayOptions,
  ReplayResult,
  WatchedLetter,
  WatchOptions,
  WholeDeadLetter,
} from '../../dead-letter/dead-letters.js';
import { Pace } from '../../dead-letter/pace.js';
import { pageLimit, placesToRead } from '../../dead-letter/page-limit.js';
import { type Counts, parsePlace, resolveSelection } from '../../dead-letter/selection.js';
import { nextGeneration, sentState } from '../../delivery-state.js';
import { TransportError } from '../../transport.js';
import type { Clock } from '../../clock.js';
import type { Connection } from './connection.js';
import { DeadLetterPass } from './dead-letter-pass.js';
import { byPlace, LetterReader, type TakenLetter } from './letter-reader.js';
import { newLifetime } from './lifetime.js';
import { copyOf, editedMessage, type Sendable } from './message.js';
import type { Router } from './router.js';
import type { ResolvedTopology } from './topology.js';
import { translateError } from './translate-error.js';
import { watchLetters } from './watch-letters.js';

/**
 * The dead letters of queues. The broker has no way to look at messages without taking them: a look takes them all
 * one by one and hands them back, so that two looks at the same time see each a part, and a page costs as much as all.
 * Subscriptions only forward, and have none.
 */
export class RabbitMqDeadLetters implements DeadLetters {
  /** Where the topology has notices of dead letters. */
  readonly watch?: NonNullable<DeadLetters['watch']>;
  readonly #connection: Connection;
  readonly #router: Router;
  readonly #topology: ResolvedTopology;
  readonly #clock: Clock;

  constructor(connection: Connection, router: Router, topology: ResolvedTopology, clock: Clock) {
    this.#connection = connection;
    this.#router = router;
    this.#topology = topology;
    this.#clock = clock;
    if (topology.deadLetterNotices) this.watch = (take, options) => this.#watch(take, options);
  }

  async peek(place: string, options: PeekOptions = {}): Promise<DeadLetterPage> {
    const limit = pageLimit(options.limit);
    const queue = this.#queueOf(place);
    if (queue === undefined) return { letters: [] };
    return this.#onChannel(place, 'look at', queue, async (reader) => page(reader, limit, options.from));
  }

  async read(place: string, places: readonly string[]): Promise<readonly WholeDeadLetter[]> {
    const wanted = placesToRead(places);
    const queue = this.#queueOf(place);
    if (queue === undefined || wanted.size === 0) return [];
    return this.#onChannel(place, 'read', queue, async (reader) => {
      const found = await reader.takeAll((letter) => wanted.has(letter.place));
      return found.map(({ letter, envelope }) => ({ letter, envelope }));
    });
  }

  async browse(place: string, { most, signal }: BrowseOptions): Promise<BrowsedLetters> {
    if (!(most >= 1)) throw new TransportError('InvalidOptions', `A look takes 1 letter or more, not ${most}.`, false);
    const queue = this.#queueOf(place);
    if (queue === undefined) return { letters: [], isWhole: true };
    return this.#onChannel(place, 'look at', queue, async (reader) => {
      const letters: DeadLetter[] = [];
      const isWhole = await reader.walk({ most, signal, visit: ({ letter }) => letters.push(letter) });
      return { letters: letters.sort(byPlace), isWhole };
    });
  }

  async #watch(take: (letters: readonly WatchedLetter[]) => Promise<void>, options: WatchOptions): Promise<void> {
    const channel = await this.#connection.channel();
    try {
      await watchLetters(channel, take, options);
    } finally {
      // What was not taken goes back with the channel, which may be gone.
      await channel.close().catch(() => {});
    }
  }

  async replay(place: string, options: ReplayOptions = {}): Promise<ReplayResult> {
    const queue = this.#queueOf(place);
    const to = options.to ?? queue ?? this.#forwardOf(place);
    const result = ({ done, failed, skipped }: Counts): ReplayResult => ({ replayed: done, failed, skipped });
    const send = (letters: readonly TakenLetter[]): Promise<void> => this.#sendAgain(letters, to, options);
    const onDone = (counts: Counts, { letter }: TakenLetter): void => {
      options.onReplayed?.(letter);
      options.onProgress?.(result(counts));
    };
    return result(await this.#pass(queue, options, send, onDone));
  }

  async discard(place: string, options: DiscardOptions = {}): Promise<DiscardResult> {
    const result = ({ done, failed, skipped }: Counts): DiscardResult => ({ discarded: done, failed, skipped });
    const onDone = (counts: Counts): void => options.onProgress?.(result(counts));
    return result(await this.#pass(this.#queueOf(place), options, async () => {}, onDone));
  }

  async #pass(
    queue: string | undefined,
    options: ReplayOptions | DiscardOptions,
    handle: (letters: readonly TakenLetter[]) => Promise<void>,
    onDone: (counts: Counts, letter: TakenLetter) => void,
  ): Promise<Counts> {
    const selection = resolveSelection(options);
    const pace = new Pace(options, this.#clock);
    if (queue === undefined) return { done: 0, failed: 0, skipped: selection.missing() };
    return this.#onChannel(queue, 'take', queue, (reader) =>
      new DeadLetterPass({ reader, selection, pace, handle, onDone }).run(),
    );
  }

  /** The letters are removed after this: dying in between leaves copies that the inbox recognises, never a loss. */
  async #sendAgain(letters: readonly TakenLetter[], queue: string, options: ReplayOptions): Promise<void> {
    const now = this.#clock.now();
    const routed = letters.map((taken) => ({ to: { queue }, message: sentAgain(taken, options, now) }));
    await this.#router.sendAll(routed, true);
  }

  async #onChannel<T>(
    place: string,
    doing: string,
    queue: string,
    work: (reader: LetterReader) => Promise<T>,
  ): Promise<T> {
    let channel: Channel | undefined;
    try {
      channel = await this.#connection.channel();
      const maxDeliveryCount = this.#topology.queues.get(queue)?.maxDeliveryCount;
      const reader = new LetterReader(channel, queue, maxDeliveryCount);
      const result = await work(reader);
      await reader.handBack();
      await channel.close();
      return result;
    } catch (error) {
      // What was taken goes back with the channel.
      await channel?.close().catch(() => {});
      throw translateError(error, `${doing} the dead letters of "${place}"`);
    }
  }

  /** The queue of a place; undefined for subscriptions and transfers, which have no dead letters here. */
  #queueOf(place: string): string | undefined {
    const entity = parsePlace(place);
    if ('queue' in entity) return entity.isTransfer ? undefined : entity.queue;
    this.#forwardOf(place);
    return undefined;
  }

  #forwardOf(place: string): string {
    const entity = parsePlace(place);
    if ('queue' in entity) return entity.queue;
    const found = this.#topology.topics.get(entity.topic)?.[entity.subscription];
    if (found !== undefined) return found.forwardTo;
    const message = `The topic "${entity.topic}" has no subscription "${entity.subscription}".`;
    throw new TransportError('QueueNotFound', message, false);
  }
}

function sentAgain(taken: TakenLetter, { maxAttempts, edit }: ReplayOptions, now: number): Sendable {
  const { letter, state } = taken;
  const ends = newLifetime(taken.message, now);
  if (edit === undefined) return copyOf(taken.message, taken.envelope, nextGeneration(state, maxAttempts), ends);
  const { message, envelope } = editedMessage(
    taken.message,
    taken.envelope,
    edit({ letter, envelope: taken.envelope }),
  );
  return copyOf(message, envelope, sentState(), ends);
}

async function page(reader: LetterReader, limit: number, from: string | undefined): Promise<DeadLetterPage> {
  const found = await reader.takeAll(({ place }) => from === undefined || place > from);
  const letters = found.slice(0, limit).map(({ letter }) => letter);
  const last = letters.at(-1);
  return { letters, ...(last !== undefined && { next: last.place }) };
}
