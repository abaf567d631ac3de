import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { ClientPause } from './client-pause.js';

const FIRST_SIZE = 16 * 1024;
/** What is gathered leaves at once when it is so much, in bytes. */
const FLUSH_BEYOND = 64 * 1024;
/** Room for all of a transfer but its payload: a delivery tag has at most 32 bytes. */
const TRANSFER_OVERHEAD = 96;
const DISPOSITION_SIZE = 40;

/** Memory for gathering, shared by all connections: only those that have something to write hold any. */
const spares: Buffer[] = [];
const MAX_SPARES = 16;

export interface TransferFields {
  readonly channel: number;
  readonly handle: number;
  readonly id: number;
  /** At most 32 bytes. */
  readonly tag: Buffer;
  readonly format: number;
  readonly settled: boolean;
  readonly more: boolean;
}

/**
 * Gathers frames and writes them at once when the client pauses: a system call a frame is a quarter of what a delivery
 * costs, and a client that streams has its answers in one piece instead of one for every few messages. The pause is
 * over within microseconds: the event loop looks for input a few times without waiting. What rhea writes comes along in
 * its place. The two frames there are most of are encoded here, without the objects rhea makes for each of their fields.
 */
export class FrameWriter {
  readonly #socket: Duplex;
  readonly #write: (chunk: Buffer) => boolean;
  readonly #reusable: boolean;
  #bytes: Buffer | undefined;
  #length = 0;
  readonly #pause = new ClientPause(() => this.#finish());
  readonly #work = new Set<() => void>();
  /** Frames or parts of frames that were written so far. */
  written = 0;

  /** Takes over the socket's `write` and `end`. */
  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#write = socket.write.bind(socket) as (chunk: Buffer) => boolean;
    // Other streams may keep what they are given.
    this.#reusable = socket instanceof Socket && !(socket instanceof TLSSocket);
    socket.write = ((chunk: Buffer) => this.#raw(chunk)) as typeof socket.write;
    const end = socket.end.bind(socket);
    socket.end = (() => {
      this.flush();
      return end();
    }) as typeof socket.end;
  }

  /** Whether something waits for the client's pause. */
  get isGathering(): boolean {
    return this.#pause.isAwaited;
  }

  /** Bytes that wait for the client's pause. */
  get gathered(): number {
    return this.#length;
  }

  /** The client sent so many bytes: it does not pause yet. */
  inputCame(bytes: number): void {
    this.#pause.inputCame(bytes);
  }

  /** Has something done when the client pauses, once, and what it writes sent along. */
  atPause(work: () => void): void {
    this.#work.add(work);
    this.#pause.await();
  }

  transfer(fields: TransferFields, payload: Buffer): void {
    const { channel, handle, id, tag, format, settled, more } = fields;
    const start = this.#reserve(TRANSFER_OVERHEAD + payload.length);
    const bytes = this.#bytes as Buffer;
    let at = begin(bytes, start, channel, 0x14, 6);
    at = uint(bytes, at, handle);
    at = uint(bytes, at, id);
    bytes[at++] = 0xa0;
    bytes[at++] = tag.length;
    bytes.set(tag, at);
    at = uint(bytes, at + tag.length, format);
    bytes[at++] = settled ? 0x41 : 0x42;
    bytes[at++] = more ? 0x41 : 0x42;
    bytes[start + LIST_SIZE_AT] = at - start - LIST_SIZE_AT - 1;
    bytes.set(payload, at);
    this.#close(start, at + payload.length);
  }

  /** Tells that deliveries are accepted and settled. @param receives whether they came from the client */
  acceptance(channel: number, receives: boolean, first: number, last: number): void {
    const start = this.#reserve(DISPOSITION_SIZE);
    const bytes = this.#bytes as Buffer;
    let at = begin(bytes, start, channel, 0x15, 5);
    bytes[at++] = receives ? 0x41 : 0x42;
    at = uint(bytes, at, first);
    at = uint(bytes, at, last);
    bytes[at++] = 0x41;
    at = bytes.writeUInt32BE(0x00532445, at);
    bytes[start + LIST_SIZE_AT] = at - start - LIST_SIZE_AT - 1;
    this.#close(start, at);
  }

  /** Writes what is gathered now. */
  flush(): void {
    const bytes = this.#bytes;
    if (!bytes || this.#length === 0) return;
    const chunk = bytes.subarray(0, this.#length);
    this.#bytes = undefined;
    this.#length = 0;
    if (!this.#socket.writable) return;
    this.#write(chunk);
    const isGone = this.#reusable && this.#socket.writableLength === 0;
    if (isGone && bytes.length <= 2 * FLUSH_BEYOND && spares.length < MAX_SPARES) spares.push(bytes);
  }

  #raw(chunk: Buffer): boolean {
    const start = this.#reserve(chunk.length);
    (this.#bytes as Buffer).set(chunk, start);
    this.#advance(start + chunk.length);
    return true;
  }

  /** @returns whether there is more for the next pause */
  #finish(): boolean {
    const work = [...this.#work];
    this.#work.clear();
    for (const one of work) one();
    this.flush();
    return this.#work.size > 0 || this.#length > 0;
  }

  /** @returns where there is room for so many bytes */
  #reserve(size: number): number {
    this.#pause.await();
    const needed = this.#length + size;
    if (!this.#bytes) this.#bytes = spares.pop() ?? Buffer.allocUnsafeSlow(FIRST_SIZE);
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    return this.#length;
  }

  #close(start: number, end: number): void {
    (this.#bytes as Buffer).writeUInt32BE(end - start, start);
    this.#advance(end);
  }

  #advance(end: number): void {
    this.#length = end;
    this.written++;
    if (end > FLUSH_BEYOND) this.flush();
  }
}

/** Behind the frame's header, the descriptor and the code of a short list. */
const LIST_SIZE_AT = 12;

/** The frame's header without its size, the performative's descriptor and the head of its list without its size. */
function begin(bytes: Buffer, start: number, channel: number, code: number, fields: number): number {
  bytes.writeUInt32BE(0x02000000 | channel, start + 4);
  bytes.writeUInt32BE(0x005300c0 | (code << 8), start + 8);
  bytes[start + LIST_SIZE_AT + 1] = fields;
  return start + LIST_SIZE_AT + 2;
}

function uint(bytes: Buffer, at: number, value: number): number {
  if (value < 256) {
    bytes[at] = 0x52;
    bytes[at + 1] = value;
    return at + 2;
  }
  bytes[at] = 0x70;
  return bytes.writeUInt32BE(value, at + 1);
}
