import { FramingError } from './framing-error.js';

/** Size, offset of the data, type and channel. Protocol headers are as long. */
export const HEADER_SIZE = 8;
export const AMQP_FRAME = 0;
export const SASL_FRAME = 1;

const MAGIC = Buffer.from('AMQP');

/** Where a frame lies; one object serves all frames of a reader. */
export interface Frame {
  /** {@link AMQP_FRAME} or {@link SASL_FRAME}. */
  readonly type: number;
  /** Of AMQP frames; meaningless in a SASL frame. */
  readonly channel: number;
  /** Valid during the call only, like all that shares its memory. */
  readonly bytes: Buffer;
  /** Where the performative begins; `end` when there is none, as in a heartbeat. */
  readonly start: number;
  readonly end: number;
}

/** The last four bytes of a protocol header. */
export interface ProtocolHeader {
  /** 0 AMQP, 2 TLS, 3 SASL. */
  readonly id: number;
  /** `1.0.0` is the only one there is. */
  readonly version: string;
}

export interface FrameListener {
  header(header: ProtocolHeader): void;
  frame(frame: Frame): void;
}

/**
 * Cuts what comes from a peer into protocol headers and frames, however it is chunked. A frame that lies within one
 * chunk is not copied; of one that does not, one copy is kept.
 */
export class FrameReader {
  readonly #listener: FrameListener;
  readonly #frame = { type: 0, channel: 0, bytes: Buffer.alloc(0) as Buffer, start: 0, end: 0 };
  readonly #head = Buffer.alloc(HEADER_SIZE);
  /** The frame (or its head) that has not come wholly; its bytes so far. */
  #partial: Buffer | undefined;
  #filled = 0;
  #expectsHeader = true;
  #isStopped = false;
  /** Larger frames are an error. Bytes. */
  maxFrameSize: number;

  constructor(listener: FrameListener, maxFrameSize: number) {
    this.#listener = listener;
    this.maxFrameSize = maxFrameSize;
  }

  /** Bytes of an incomplete frame that are kept. */
  get held(): number {
    return this.#partial?.length ?? 0;
  }

  /** What comes next is a protocol header, as it is at first. */
  expectHeader(): void {
    this.#expectsHeader = true;
  }

  /** Nothing more is read, of the chunk being read neither. */
  stop(): void {
    this.#isStopped = true;
    this.#partial = undefined;
  }

  /** @throws FramingError; nothing can be read after it */
  read(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length && !this.#isStopped) {
      offset = this.#partial ? this.#complete(this.#partial, chunk, offset) : this.#readOne(chunk, offset);
    }
  }

  /** @returns where the next frame begins */
  #readOne(chunk: Buffer, start: number): number {
    const left = chunk.length - start;
    const size = left < HEADER_SIZE ? HEADER_SIZE : this.#sizeAt(chunk, start);
    if (left >= size) {
      this.#deliver(chunk, start, start + size);
      return start + size;
    }
    // Memory for a frame is taken once its size is known, and checked.
    this.#partial = left < HEADER_SIZE ? this.#head : Buffer.allocUnsafeSlow(size);
    this.#filled = chunk.copy(this.#partial, 0, start);
    return chunk.length;
  }

  /** Adds to the partial frame what belongs to it. @returns where the rest of the chunk begins */
  #complete(partial: Buffer, chunk: Buffer, offset: number): number {
    const copied = chunk.copy(partial, this.#filled, offset);
    this.#filled += copied;
    if (this.#filled < partial.length) return offset + copied;
    const size = partial === this.#head ? this.#sizeAt(partial, 0) : partial.length;
    if (size > partial.length) {
      this.#partial = Buffer.allocUnsafeSlow(size);
      partial.copy(this.#partial);
    } else {
      this.#partial = undefined;
      this.#deliver(partial, 0, size);
    }
    return offset + copied;
  }

  /** The size of the header or frame that begins here. */
  #sizeAt(bytes: Buffer, start: number): number {
    if (this.#expectsHeader) return HEADER_SIZE;
    const size = bytes.readUInt32BE(start);
    if (size < HEADER_SIZE) throw new FramingError(`A frame has at least ${HEADER_SIZE} bytes, not ${size}.`);
    if (size <= this.maxFrameSize) return size;
    throw new FramingError(`A frame may have ${this.maxFrameSize} bytes, not ${size}.`);
  }

  #deliver(bytes: Buffer, start: number, end: number): void {
    if (this.#expectsHeader) {
      this.#expectsHeader = false;
      this.#listener.header(readHeader(bytes, start));
      return;
    }
    const frame = this.#frame;
    const offset = (bytes[start + 4] as number) * 4;
    if (offset < HEADER_SIZE || start + offset > end) {
      throw new FramingError(`The data of a frame of ${end - start} bytes cannot begin at byte ${offset}.`);
    }
    frame.type = bytes[start + 5] as number;
    if (frame.type > SASL_FRAME) throw new FramingError(`There are no frames of type ${frame.type}.`);
    frame.channel = bytes.readUInt16BE(start + 6);
    frame.bytes = bytes;
    frame.start = start + offset;
    frame.end = end;
    this.#listener.frame(frame);
  }
}

function readHeader(bytes: Buffer, start: number): ProtocolHeader {
  if (bytes.compare(MAGIC, 0, 4, start, start + 4) !== 0) throw new FramingError('This is no AMQP protocol header.');
  return { id: bytes[start + 4] as number, version: bytes.subarray(start + 5, start + 8).join('.') };
}
