import type { Options } from 'amqplib';
import { ByteWriter } from './byte-writer.js';
import { basicClass, flags, frameEnd, frameOverhead, frameTypes } from './frame-numbers.js';

const publishMethod = 40;
const sizeOffset = 3;
const longestShortText = 255;
const deliveryModes = { passing: 1, stored: 2 } as const;

/** A message, and where it goes. */
export interface Publish {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly options: Options.Publish;
}

/** Something that only the client's own encoder knows how to write, or to refuse. */
class Unusual extends Error {}

/**
 * Publishes as bytes, one after the other: the client makes four buffers of each and an object whose prototype is its
 * headers, and writes each by itself, which costs more than all else of a send.
 */
export class PublishFrames {
  readonly #channel: number;
  readonly #frameMax: number;
  readonly #writer = new ByteWriter();

  /** @param frameMax the largest frame that the broker takes, in bytes */
  constructor(channel: number, frameMax: number) {
    this.#channel = channel;
    this.#frameMax = frameMax;
  }

  get length(): number {
    return this.#writer.length;
  }

  /** Adds a message; false, and nothing added, for one that the client has to write. */
  add(publish: Publish): boolean {
    const before = this.#writer.length;
    try {
      this.#writeMethod(publish);
      this.#writeHeader(publish);
      this.#writeBody(publish.content);
      return true;
    } catch (error) {
      this.#writer.length = before;
      if (error instanceof Unusual) return false;
      throw error;
    }
  }

  /** What was added since it was last taken. */
  take(): Buffer {
    return this.#writer.take();
  }

  #writeMethod({ exchange, routingKey, options }: Publish): void {
    const start = this.#begin(frameTypes.method);
    this.#writer.u16(basicClass);
    this.#writer.u16(publishMethod);
    this.#writer.u16(0);
    this.#writeShortText(exchange);
    this.#writeShortText(routingKey);
    this.#writer.u8(options.mandatory === true ? 1 : 0);
    this.#end(start);
  }

  #writeHeader({ content, options }: Publish): void {
    const { headers, priority, timestamp, persistent } = options;
    const writer = this.#writer;
    const start = this.#begin(frameTypes.header);
    writer.u16(basicClass);
    writer.u16(0);
    writer.u64(content.length);
    const flagsAt = writer.length;
    writer.u16(0);
    let has: number = flags.headers;
    has |= this.#writeProperty(flags.contentType, options.contentType);
    has |= this.#writeProperty(flags.contentEncoding, options.contentEncoding);
    this.#writeTable((headers ?? {}) as Readonly<Record<string, unknown>>);
    if (persistent !== undefined) {
      has |= flags.deliveryMode;
      writer.u8(persistent ? deliveryModes.stored : deliveryModes.passing);
    }
    if (priority !== undefined) {
      has |= flags.priority;
      writer.u8(whole(priority, 255));
    }
    has |= this.#writeProperty(flags.correlationId, options.correlationId);
    has |= this.#writeProperty(flags.replyTo, options.replyTo);
    has |= this.#writeProperty(flags.expiration, options.expiration);
    has |= this.#writeProperty(flags.messageId, options.messageId);
    if (timestamp !== undefined) {
      has |= flags.timestamp;
      writer.u64(whole(timestamp, Number.MAX_SAFE_INTEGER));
    }
    has |= this.#writeProperty(flags.type, options.type);
    has |= this.#writeProperty(flags.appId, options.appId);
    writer.u16At(flagsAt, has);
    this.#end(start);
    if (writer.length - start > this.#frameMax) throw new Unusual();
  }

  #writeBody(content: Buffer): void {
    const most = this.#frameMax - frameOverhead;
    for (let from = 0; from < content.length; from += most) {
      const start = this.#begin(frameTypes.body);
      this.#writer.copy(content, from, Math.min(content.length, from + most));
      this.#end(start);
    }
  }

  /** Answers where the frame begins. */
  #begin(type: number): number {
    const start = this.#writer.length;
    this.#writer.u8(type);
    this.#writer.u16(this.#channel);
    this.#writer.u32(0);
    return start;
  }

  #end(start: number): void {
    const size = this.#writer.length - start - frameOverhead + 1;
    this.#writer.u32At(start + sizeOffset, size);
    this.#writer.u8(frameEnd);
  }

  /** Answers its flag; 0 for one that is not there. */
  #writeProperty(flag: number, text: unknown): number {
    if (text === undefined) return 0;
    this.#writeShortText(text);
    return flag;
  }

  #writeShortText(text: unknown): void {
    if (typeof text !== 'string') throw new Unusual();
    const at = this.#writer.length;
    this.#writer.u8(0);
    const taken = this.#writer.text(text);
    if (taken > longestShortText) throw new Unusual();
    this.#writer.u8At(at, taken);
  }

  #writeTable(table: Readonly<Record<string, unknown>>): void {
    const writer = this.#writer;
    const at = writer.length;
    writer.u32(0);
    for (const name in table) {
      const value = table[name];
      if (value === undefined) continue;
      this.#writeShortText(name);
      this.#writeValue(value);
    }
    writer.u32At(at, writer.length - at - 4);
  }

  /** Texts and whole numbers, as the client writes them: what headers of ours are. */
  #writeValue(value: unknown): void {
    const writer = this.#writer;
    if (typeof value === 'string') {
      writer.u8(tags.text);
      const at = writer.length;
      writer.u32(0);
      writer.u32At(at, writer.text(value));
    } else if (typeof value === 'number') {
      this.#writeNumber(whole(value, 2 ** 31 - 1));
    } else {
      throw new Unusual();
    }
  }

  #writeNumber(value: number): void {
    if (value < 2 ** 7) {
      this.#writer.u8(tags.byte);
      this.#writer.u8(value);
    } else if (value < 2 ** 15) {
      this.#writer.u8(tags.short);
      this.#writer.u16(value);
    } else {
      this.#writer.u8(tags.int);
      this.#writer.u32(value);
    }
  }
}

/** What a value of a table begins with. */
const tags = { text: 0x53, byte: 0x62, short: 0x73, int: 0x49 } as const;

function whole(value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new Unusual();
}
