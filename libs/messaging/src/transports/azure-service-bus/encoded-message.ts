import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import { writeList } from './amqp-values.js';
import type { ScheduledSend } from './scheduled-send.js';

/**
 * How large a batch of encoded messages may be, in bytes. Every tier of Service Bus takes 262,144 with the envelope, and
 * each message has some bytes around it.
 */
const largestBatch = 196_608;
/** Bytes around one message in a batch. */
const overhead = 8;

/** How a message is sent: what there is to say of it beside its bytes. */
export interface EncodedMessageOptions {
  /** The message's id, for people. */
  readonly id: string;
  readonly bytes: Buffer;
  /**
   * The encoded id that a batch takes over when this message is its first; absent for a message that goes alone, as one
   * that is scheduled, or has a session or a partition key, which the others may not share.
   */
  readonly batchId?: Buffer;
  /** What is sent where the SDK takes no bytes. */
  readonly otherwise: () => ServiceBusMessage;
}

/** A message whose bytes are known: what the SDK would make of it has other types of values. */
export class EncodedMessage {
  readonly id: string;
  readonly bytes: Buffer;
  readonly batchId: Buffer | undefined;
  readonly #otherwise: () => ServiceBusMessage;

  constructor({ id, bytes, batchId, otherwise }: EncodedMessageOptions) {
    this.id = id;
    this.bytes = bytes;
    this.batchId = batchId;
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
  readonly #messages: EncodedMessage[] = [];
  #size = 0;

  get count(): number {
    return this.#messages.length;
  }

  /** Takes a message in; false when it has to go alone, or in another batch. */
  tryAdd(message: EncodedMessage): boolean {
    if (message.batchId === undefined) return false;
    const size = this.#size + message.bytes.length + overhead;
    if (size > largestBatch && this.count > 0) return false;
    this.#messages.push(message);
    this.#size = size;
    return true;
  }

  /** Resolves once the broker has stored them. */
  async sendWith(sender: ServiceBusSender, options: SendOptions): Promise<void> {
    const [first] = this.#messages;
    const inner = takesBytes(sender);
    if (inner !== undefined && first?.batchId !== undefined && this.count > 1) {
      return inner._trySend(encodeBatch(first.batchId, this.#messages), true, options);
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

/** An envelope with the first message's id, as Microsoft's clients make it, and each message in a data section. */
function encodeBatch(batchId: Buffer, messages: readonly EncodedMessage[]): Buffer {
  const properties = [Buffer.of(0x00, 0x53, 0x73), writeList([batchId])];
  const sections = messages.flatMap(({ bytes }) => {
    const head = Buffer.of(0x00, 0x53, 0x75, 0xb0, 0, 0, 0, 0);
    head.writeUInt32BE(bytes.length, 4);
    return [head, bytes];
  });
  return Buffer.concat([...properties, ...sections]);
}
