import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { ScheduledSend } from './scheduled-send.js';

/**
 * How large a batch may be, in bytes, whatever the link takes for one message:
 * https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas.
 */
const largestBatch = 1_048_576;
/** Bytes around one message in a batch, at most. */
const overhead = 8;

/** How a message is sent: what there is to say of it beside its bytes. */
export interface EncodedMessageOptions {
  /** The message's id, for people. */
  readonly id: string;
  readonly bytes: Buffer;
  /**
   * The encoded sections that a batch takes over when this message is its first, its id among them; absent for a message
   * that goes alone, as one that is scheduled, or a copy with a session or a partition key of somebody else's.
   */
  readonly head?: Buffer;
  /** What is sent where the SDK takes no bytes. */
  readonly otherwise: () => ServiceBusMessage;
}

/** A message whose bytes are known: what the SDK would make of it has other types of values. */
export class EncodedMessage {
  readonly id: string;
  readonly bytes: Buffer;
  readonly head: Buffer | undefined;
  readonly #otherwise: () => ServiceBusMessage;

  constructor({ id, bytes, head, otherwise }: EncodedMessageOptions) {
    this.id = id;
    this.bytes = bytes;
    this.head = head;
    this.#otherwise = otherwise;
  }

  /** Resolves once the broker has stored it. */
  async sendWith(sender: ServiceBusSender, options: SendOptions): Promise<void> {
    const inner = takesBytes(sender);
    if (inner !== undefined) return inner._trySend(this.bytes, false, options);
    return sender.sendMessages(this.#otherwise(), options);
  }
}

/** Encoded messages that go to the broker together: it stores all of them or none. */
export class EncodedBatch {
  readonly #most: number;
  readonly #messages: EncodedMessage[] = [];
  #size = 0;

  /** @param linkTakes what the link takes for one message, in bytes; a message that is longer is refused alone */
  constructor(linkTakes: number) {
    this.#most = Math.min(linkTakes, largestBatch);
  }

  get messages(): readonly EncodedMessage[] {
    return this.#messages;
  }

  /** Takes a message with a head in; false when it has to go in another batch. */
  tryAdd(message: EncodedMessage): boolean {
    const before = this.#messages.length === 0 ? (message.head?.length ?? 0) : this.#size;
    const size = before + message.bytes.length + overhead;
    if (size > this.#most && this.#messages.length > 0) return false;
    this.#messages.push(message);
    this.#size = size;
    return true;
  }

  /** Resolves once the broker has stored them. */
  async sendWith(sender: ServiceBusSender, options: SendOptions): Promise<void> {
    const [first] = this.#messages;
    const inner = takesBytes(sender);
    if (inner !== undefined && first?.head !== undefined) {
      return inner._trySend(encodeBatch(first.head, this.#messages, this.#size), true, options);
    }
    await Promise.all(this.#messages.map((message) => message.sendWith(sender, options)));
  }
}

/** What may be handed to a sender. */
export type Sendable = ServiceBusMessage | EncodedMessage | ScheduledSend;

interface SendOptions {
  readonly abortSignal: AbortSignal;
}

/** The SDK's own last step of a send, after it has encoded the message: not published; a test of ours fails should it move. */
interface TakesBytes {
  _trySend(encoded: Buffer, isBatch: boolean, options: SendOptions): Promise<void>;
}

function takesBytes(sender: ServiceBusSender): TakesBytes | undefined {
  const { _sender: inner } = sender as unknown as { readonly _sender?: Partial<TakesBytes> };
  return typeof inner?._trySend === 'function' ? (inner as TakesBytes) : undefined;
}

/** The first message's head, as the SDK makes it, and each message in a data section; no more than `most` bytes. */
function encodeBatch(head: Buffer, messages: readonly EncodedMessage[], most: number): Buffer {
  const batch = Buffer.allocUnsafe(most);
  let at = head.copy(batch);
  for (const { bytes } of messages) {
    at = writeDataHead(batch, at, bytes.length);
    at += bytes.copy(batch, at);
  }
  return batch.subarray(0, at);
}

/** What stands before the bytes of a data section. Answers where they go. */
function writeDataHead(batch: Buffer, at: number, length: number): number {
  batch.writeUInt32BE(0x00_53_75_00, at);
  if (length < 256) {
    batch[at + 3] = 0xa0;
    return batch.writeUInt8(length, at + 4);
  }
  batch[at + 3] = 0xb0;
  return batch.writeUInt32BE(length, at + 4);
}
