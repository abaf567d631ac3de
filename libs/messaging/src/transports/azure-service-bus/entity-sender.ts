import type { ServiceBusMessage, ServiceBusMessageBatch, ServiceBusSender } from '@azure/service-bus';
import { TransportError } from '../../transport.js';
import { EncodedBatch, EncodedMessage, type Sendable } from './encoded-message.js';
import { translateError } from './translate-error.js';

/**
 * Sends to one queue or topic. Messages leave in the order of the calls, in batches as large as the broker takes;
 * a call does not wait for the answers to those before it. What waits when `abortSignal` fires is given up.
 */
export class EntitySender {
  readonly #entity: string;
  readonly #kind: 'queue' | 'topic';
  readonly #sender: ServiceBusSender;
  readonly #options: { readonly abortSignal: AbortSignal };
  /** Resolves when everything handed over so far has left, answered or not. */
  #left: Promise<unknown> = Promise.resolve();

  constructor(entity: string, kind: 'queue' | 'topic', sender: ServiceBusSender, abortSignal: AbortSignal) {
    this.#options = { abortSignal };
    this.#entity = entity;
    this.#kind = kind;
    this.#sender = sender;
  }

  /** Resolves once the broker has stored all of them. */
  async send(messages: readonly Sendable[]): Promise<void> {
    const answers: Promise<void>[] = [];
    const leaving = this.#left.then(() => this.#handOver(messages, answers));
    this.#left = leaving.catch(() => {});
    const outcomes = await Promise.allSettled([
      leaving,
      ...(await leaving.then(
        () => answers,
        () => answers,
      )),
    ]);
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure !== undefined) throw this.#explain(failure.reason);
  }

  close(): Promise<void> {
    return this.#sender.close();
  }

  /** Starts sending everything; the broker's answers come in later. */
  async #handOver(messages: readonly Sendable[], answers: Promise<void>[]): Promise<void> {
    const start = (answer: Promise<void>): void => {
      answer.catch(() => {}); // send() rejects with it once all have answered
      answers.push(answer);
    };
    let batch: ServiceBusMessageBatch | undefined;
    let encoded: EncodedBatch | undefined;
    const flush = (): void => {
      if (batch !== undefined && batch.count > 0) start(this.#sender.sendMessages(batch, this.#options));
      const [only, ...others] = encoded?.messages ?? [];
      if (encoded !== undefined && others.length > 0) start(encoded.sendWith(this.#sender, this.#options));
      else if (only !== undefined) start(this.#sendOne(only));
      batch = undefined;
      encoded = undefined;
    };
    let largest: number | undefined;
    for (const message of messages) {
      const isOneOfSeveral = messages.length > 1;
      if (isOneOfSeveral && message instanceof EncodedMessage && message.head !== undefined) {
        largest ??= (await this.#newBatch()).maxSizeInBytes;
        if (encoded?.tryAdd(message)) continue;
        flush();
        encoded = new EncodedBatch(largest);
        encoded.tryAdd(message);
      } else if (isOneOfSeveral && isForBatch(message)) {
        if (batch?.tryAddMessage(message)) continue;
        flush();
        batch = await this.#newBatch();
        if (!batch.tryAddMessage(message)) throw tooLarge(message, this.#entity, batch.maxSizeInBytes);
      } else {
        flush();
        start(this.#sendOne(message));
      }
    }
    flush();
  }

  #newBatch(): Promise<ServiceBusMessageBatch> {
    return this.#sender.createMessageBatch(this.#options);
  }

  /** Alone: copies, scheduled messages, and single ones, which spares them the batch around them. */
  async #sendOne(message: Sendable): Promise<void> {
    try {
      if ('sendWith' in message) await message.sendWith(this.#sender, this.#options);
      else await this.#sender.sendMessages(message, this.#options);
    } catch (error) {
      throw translateError(error, `send message ${idOf(message)} to ${this.#kind} "${this.#entity}"`, this.#kind);
    }
  }

  #explain(error: unknown): TransportError {
    return translateError(error, `send to ${this.#kind} "${this.#entity}"`, this.#kind);
  }
}

/** Whether the SDK may put it into a batch: it is neither scheduled nor encoded already. */
function isForBatch(message: Sendable): message is ServiceBusMessage {
  return !('sendWith' in message) && message.scheduledEnqueueTimeUtc === undefined;
}

function idOf(message: Sendable): string {
  if ('sendWith' in message) return message.id;
  return String(message.applicationProperties?.['cloudEvents_id'] ?? message.messageId);
}

function tooLarge(message: ServiceBusMessage, entity: string, maxBytes: number): TransportError {
  const detail = `Message ${idOf(message)} is too large for "${entity}", which takes ${maxBytes} bytes with all headers: send less, or a reference to the content.`;
  return new TransportError('MessageTooLarge', detail, false);
}
