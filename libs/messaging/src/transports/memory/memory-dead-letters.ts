import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DiscardOptions,
  DiscardResult,
  PeekOptions,
  ReplayOptions,
  ReplayResult,
  WholeDeadLetter,
} from '../../dead-letter/dead-letters.js';
import { describeDeadLetter, readDeadLetter } from '../../dead-letter/describe-dead-letter.js';
import { Pace } from '../../dead-letter/pace.js';
import { pageLimit, placesToRead } from '../../dead-letter/page-limit.js';
import { type Counts, parsePlace, resolveSelection } from '../../dead-letter/selection.js';
import { nextGeneration, sentState } from '../../delivery-state.js';
import { consumerVersionProperty, fromNative, type NativeMessage } from '../../native-message.js';
import { copyOf, editedMessage } from './copy-of.js';
import { bornAgain } from './memory-lifetime.js';
import { brokerFacts } from './broker-facts.js';
import type { MemoryBroker } from './memory-broker.js';
import type { DeadMessage } from './stored-message.js';

/** The dead letters of a {@link MemoryBroker}. Its subscriptions only forward and have none. */
export class MemoryDeadLetters implements DeadLetters {
  readonly #broker: MemoryBroker;

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  async peek(place: string, options: PeekOptions = {}): Promise<DeadLetterPage> {
    const limit = pageLimit(options.limit);
    const from = Number(options.from ?? 0);
    const found = this.#inOrder(place).filter(({ sequence }) => sequence >= from);
    const letters = found.slice(0, limit);
    const last = letters.at(-1);
    return {
      letters: letters.map((message) => describe(message, place)),
      ...(last === undefined ? {} : { next: String(last.sequence + 1) }),
    };
  }

  async read(place: string, places: readonly string[]): Promise<readonly WholeDeadLetter[]> {
    const wanted = placesToRead(places);
    return this.#inOrder(place)
      .filter(({ sequence }) => wanted.has(String(sequence)))
      .map((message) => readDeadLetter(message.native, factsOf(message, place)));
  }

  async replay(place: string, options: ReplayOptions = {}): Promise<ReplayResult> {
    const queue = options.to ?? this.#queueOf(place);
    this.#broker.queue(queue);
    const send = (message: DeadMessage): void => {
      this.#broker.store({ queue }, sentAgain(message, place, options));
    };
    const result = ({ done, failed, skipped }: Counts): ReplayResult => ({ replayed: done, failed, skipped });
    const counts = await this.#pass(place, options, send, (progress, message) => {
      options.onReplayed?.(describe(message, place));
      options.onProgress?.(result(progress));
    });
    return result(counts);
  }

  async discard(place: string, options: DiscardOptions = {}): Promise<DiscardResult> {
    const result = ({ done, failed, skipped }: Counts): DiscardResult => ({ discarded: done, failed, skipped });
    const counts = await this.#pass(
      place,
      options,
      () => {},
      (progress) => options.onProgress?.(result(progress)),
    );
    return result(counts);
  }

  /** Handles what was chosen one after the other. */
  async #pass(
    place: string,
    options: ReplayOptions | DiscardOptions,
    handle: (message: DeadMessage) => void,
    onDone: (counts: Counts, message: DeadMessage) => void,
  ): Promise<Counts> {
    const { isChosen, limit, isEnded, missing } = resolveSelection(options);
    const pace = new Pace(options, this.#broker.clock);
    const chosen = this.#inOrder(place).filter((message) => isChosen(describe(message, place)));
    let done = 0;
    let taken = 0;
    for await (const step of pace.steps(chosen.slice(0, limit))) {
      const { deadLetters } = this.#broker.queue(place);
      for (const message of step) {
        if (isEnded()) break;
        // Between two steps somebody else may take one.
        if (!deadLetters.has(message.sequence)) taken += 1;
        else {
          handle(message);
          deadLetters.delete(message.sequence);
          done += 1;
          onDone({ done, failed: 0, skipped: taken }, message);
        }
      }
    }
    return { done, failed: 0, skipped: taken + (isEnded() || chosen.length > limit ? 0 : missing()) };
  }

  #queueOf(place: string): string {
    const entity = parsePlace(place);
    return 'queue' in entity ? entity.queue : this.#broker.forwardOf(entity);
  }

  #inOrder(place: string): readonly DeadMessage[] {
    const entity = parsePlace(place);
    if ('topic' in entity) {
      this.#broker.forwardOf(entity);
      return [];
    }
    if (entity.isTransfer) return [];
    this.#broker.queue(entity.queue).expire(this.#broker.clock.now());
    return [...this.#broker.queue(entity.queue).deadLetters.values()].sort((a, b) => a.sequence - b.sequence);
  }
}

function sentAgain(dead: DeadMessage, place: string, { maxAttempts, edit }: ReplayOptions): NativeMessage {
  const { [consumerVersionProperty]: _, ...applicationProperties } = dead.native.applicationProperties;
  const original = { ...dead.native, applicationProperties };
  const { envelope, state } = fromNative(original, brokerFacts(dead, place));
  if (edit === undefined) return bornAgain(original, copyOf(original, envelope, nextGeneration(state, maxAttempts)));
  const edited = editedMessage(original, envelope, edit({ letter: describe(dead, place), envelope }));
  return bornAgain(original, copyOf(edited.native, edited.envelope, sentState()));
}

function describe(message: DeadMessage, place: string): DeadLetter {
  return describeDeadLetter(message.native, factsOf(message, place));
}

function factsOf(message: DeadMessage, place: string): Parameters<typeof describeDeadLetter>[1] {
  const { reason, detail, deliveryCount } = message;
  return { ...brokerFacts(message, place), place: String(message.sequence), reason, detail, deliveryCount };
}
