import type { ConsumeMessage, MessageProperties } from 'amqplib';
import { basicClass, flags, frameEnd, frameOverhead, frameTypes } from './frame-numbers.js';
import { TextCache } from './text-cache.js';

const basicDeliver = (basicClass << 16) | 60;
const frameHeaderBytes = 7;
/** From the beginning of a content header to its flags: class, weight, size of the body, in bytes. */
const beforeFlags = 12;
/** What a value of a table begins with. */
const tags = { text: 0x53, byte: 0x62, short: 0x73, int: 0x49, boolean: 0x74 } as const;

/** A delivery, its channel, and where the next frame begins. */
export interface ReadDelivery {
  readonly message: ConsumeMessage;
  readonly channel: number;
  readonly end: number;
}

/** Thrown for what only the client's own decoder knows how to read, or to refuse. */
const unusual = new Error('The client reads it.');

/** Reads deliveries that have arrived whole: the client makes a dozen objects of each that nobody looks at. */
export class DeliveryFrames {
  readonly #texts = new TextCache();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** The delivery that begins at `start`; undefined for what is none, is not there whole, or is for the client to read. */
  read(bytes: Buffer, start: number): ReadDelivery | undefined {
    const header = endOfFrame(bytes, start, frameTypes.method);
    if (header === undefined || header - start < frameOverhead + 4) return undefined;
    if (bytes.readInt32BE(start + frameHeaderBytes) !== basicDeliver) return undefined;
    const body = endOfFrame(bytes, header, frameTypes.header);
    if (body === undefined || body - header < frameOverhead + beforeFlags) return undefined;
    const bodyBytes = readU64(bytes, header + frameHeaderBytes + 4);
    const end = bodyBytes === 0 ? body : endOfFrame(bytes, body, frameTypes.body);
    // A body of several frames is the client's.
    if (end === undefined || (bodyBytes > 0 && end - body - frameOverhead !== bodyBytes)) return undefined;
    const channel = bytes.readUInt16BE(start + 1);
    const message = this.#message(bytes, start, header, body, bodyBytes);
    return message && { message, channel, end };
  }

  /** Undefined where the client has to say what is wrong, or unusual. */
  #message(bytes: Buffer, start: number, header: number, body: number, bodyBytes: number): ConsumeMessage | undefined {
    this.#bytes = bytes;
    this.#at = start + frameHeaderBytes + 4;
    try {
      const fields = this.#fields();
      if (this.#at !== header - 1) return undefined;
      this.#at = header + frameHeaderBytes + beforeFlags;
      const properties = this.#properties();
      if (this.#at !== body - 1) return undefined;
      const contentAt = body + frameHeaderBytes;
      return { fields, properties, content: bytes.subarray(contentAt, contentAt + bodyBytes) };
    } catch {
      return undefined;
    }
  }

  #fields(): ConsumeMessage['fields'] {
    const consumerTag = this.#shortText();
    const deliveryTag = this.#u64();
    const redelivered = (this.#u8() & 1) === 1;
    return { consumerTag, deliveryTag, redelivered, exchange: this.#shortText(), routingKey: this.#shortText() };
  }

  /** As the client names them; what is absent is undefined. */
  #properties(): MessageProperties {
    const has = this.#u16();
    if ((has & flags.more) !== 0) throw unusual;
    return {
      contentType: this.#textOf(has & flags.contentType),
      contentEncoding: this.#textOf(has & flags.contentEncoding),
      headers: (has & flags.headers) === 0 ? undefined : this.#table(),
      deliveryMode: this.#octetOf(has & flags.deliveryMode),
      priority: this.#octetOf(has & flags.priority),
      correlationId: this.#textOf(has & flags.correlationId),
      replyTo: this.#textOf(has & flags.replyTo),
      expiration: this.#textOf(has & flags.expiration),
      messageId: this.#textOf(has & flags.messageId),
      timestamp: (has & flags.timestamp) === 0 ? undefined : this.#u64(),
      type: this.#textOf(has & flags.type),
      userId: this.#textOf(has & flags.userId),
      appId: this.#textOf(has & flags.appId),
      clusterId: this.#textOf(has & flags.clusterId),
    } as MessageProperties;
  }

  #textOf(flag: number): string | undefined {
    return flag === 0 ? undefined : this.#shortText();
  }

  #octetOf(flag: number): number | undefined {
    return flag === 0 ? undefined : this.#u8();
  }

  #table(): Record<string, unknown> {
    const table: Record<string, unknown> = {};
    const length = this.#u32();
    for (const end = this.#at + length; this.#at < end; ) {
      const start = this.#at + 1;
      this.#at = start + (this.#bytes[this.#at] as number);
      table[this.#texts.again(this.#bytes, start, this.#at)] = this.#value();
    }
    return table;
  }

  #value(): unknown {
    const tag = this.#u8();
    switch (tag) {
      case tags.text: {
        const length = this.#u32();
        return this.#text(length);
      }
      case tags.byte:
        return (this.#u8() << 24) >> 24;
      case tags.short:
        return (this.#u16() << 16) >> 16;
      case tags.int:
        return this.#u32() | 0;
      case tags.boolean:
        return this.#u8() !== 0;
      default:
        throw unusual;
    }
  }

  #shortText(): string {
    const length = this.#u8();
    return this.#text(length);
  }

  #text(length: number): string {
    const start = this.#at;
    this.#at += length;
    return this.#texts.read(this.#bytes, start, this.#at);
  }

  #u8(): number {
    return this.#bytes[this.#at++] as number;
  }

  #u16(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  #u32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  #u64(): number {
    this.#at += 8;
    return readU64(this.#bytes, this.#at - 8);
  }
}

/** Where the frame that begins at `start` ends; undefined when it is not there whole, or of another type. */
function endOfFrame(bytes: Buffer, start: number, type: number): number | undefined {
  if (start + frameOverhead > bytes.length || bytes[start] !== type) return undefined;
  const end = start + frameOverhead + bytes.readUInt32BE(start + 3);
  if (end > bytes.length || bytes[end - 1] !== frameEnd) return undefined;
  return end;
}

/** Beyond 2⁵³ digits are lost, as the client loses them. */
function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
