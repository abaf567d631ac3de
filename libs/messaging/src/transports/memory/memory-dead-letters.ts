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
    return result(this.#pass(place, options, send, (counts) => options.onProgress?.(result(counts))));
  }

  async discard(place: string, options: DiscardOptions = {}): Promise<DiscardResult> {
    const result = ({ done, failed, skipped }: Counts): DiscardResult => ({ discarded: done, failed, skipped });
    return result(
      this.#pass(
        place,
        options,
        () => {},
        (counts) => options.onProgress?.(result(counts)),
      ),
    );
  }

  /** Handles what was chosen one after the other; nobody else can take a letter meanwhile. */
  #pass(
    place: string,
    options: ReplayOptions | DiscardOptions,
    handle: (message: DeadMessage) => void,
    onProgress: (counts: Counts) => void,
  ): Counts {
    const { isChosen, limit, isEnded, missing } = resolveSelection(options);
    const chosen = this.#inOrder(place).filter((message) => isChosen(describe(message, place)));
    const wanted = chosen.slice(0, limit);
    let done = 0;
    for (const message of wanted) {
      if (isEnded()) break;
      handle(message);
      this.#broker.queue(place).deadLetters.delete(message.sequence);
      done += 1;
      onProgress({ done, failed: 0, skipped: 0 });
    }
    return { done, failed: 0, skipped: isEnded() || chosen.length > limit ? 0 : missing() };
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
