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
import { fromNative, nextGeneration, toNative } from '../../native-message.js';
import type { MemoryBroker } from './memory-broker.js';
import type { DeadMessage } from './memory-queue.js';
import { brokerFacts } from './memory-subscription.js';

/** The dead letters of a {@link MemoryBroker}. */
export class MemoryDeadLetters implements DeadLetters {
  readonly #broker: MemoryBroker;

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  async peek(queue: string, options: PeekOptions = {}): Promise<DeadLetterPage> {
    const limit = pageLimit(options.limit);
    const from = Number(options.from ?? 0);
    const found = this.#inOrder(queue).filter(({ sequence }) => sequence >= from);
    const letters = found.slice(0, limit);
    const last = letters.at(-1);
    return {
      letters: letters.map((message) => describe(message, queue)),
      ...(last === undefined ? {} : { next: String(last.sequence + 1) }),
    };
  }

  async replay(queue: string, options: ReplayOptions = {}): Promise<ReplayResult> {
    const { filter = () => true, max = Infinity, onProgress, signal } = options;
    const matching = this.#inOrder(queue).filter((message) => filter(describe(message, queue)));
    let replayed = 0;
    const progress = (): ReplayResult => ({ replayed, remaining: matching.length - replayed });
    for (const message of matching.slice(0, max)) {
      if (signal?.aborted === true) break;
      const { envelope, state } = fromNative(message.native, brokerFacts(message, queue));
      this.#broker.store({ queue }, toNative(envelope, nextGeneration(state)));
      this.#broker.queue(queue).deadLetters.delete(message.sequence);
      replayed += 1;
      onProgress?.(progress());
    }
    return progress();
  }

  #inOrder(queue: string): readonly DeadMessage[] {
    return [...this.#broker.queue(queue).deadLetters.values()].sort((a, b) => a.sequence - b.sequence);
  }
}

function describe(message: DeadMessage, queue: string): DeadLetter {
  const { reason, detail, deliveryCount } = message;
  const facts = { ...brokerFacts(message, queue), place: String(message.sequence), reason, detail, deliveryCount };
  return describeDeadLetter(message.native, facts);
}
