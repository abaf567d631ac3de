import type { StoreFile } from './files.js';
import {
  FILE_HEADER_SIZE,
  type FileHeader,
  RECORD_HEADER_SIZE,
  RECORD_MAGIC,
  isIntact,
  readFileHeader,
  readPayloadLength,
} from './record.js';

const CHUNK_SIZE = 1024 * 1024;
const ZEROS = Buffer.alloc(CHUNK_SIZE);

/** What comes next in a file. */
type ReadResult =
  | { readonly kind: 'record'; readonly payload: Buffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'damage'; readonly problem: string };

/** Reads a file of records from start to end, holding a piece of it in memory at a time. */
export class RecordReader {
  readonly #file: StoreFile;
  readonly #size: number;
  #header: FileHeader | undefined;
  #chunk = Buffer.alloc(0);
  #chunkAt = 0;
  #position = 0;

  private constructor(file: StoreFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  static async open(file: StoreFile): Promise<RecordReader> {
    return new RecordReader(file, await file.size());
  }

  /** Up to here the file is intact. */
  get position(): number {
    return this.#position;
  }

  /** The file's header; undefined before the first record was read, and in a file that has none. */
  get header(): FileHeader | undefined {
    return this.#header;
  }

  /** The next record; its payload is valid until the next call. */
  async next(): Promise<ReadResult> {
    if (this.#header === undefined) {
      this.#header = readFileHeader(await this.#bytes(0, FILE_HEADER_SIZE));
      if (this.#header === undefined) {
        return { kind: 'damage', problem: 'it does not begin as a file of the broker does' };
      }
      this.#position = this.#header.size;
    }
    if (await this.#isUnusedFrom(this.#position)) {
      return { kind: 'end' };
    }
    return this.#readRecord(this.#header.salt);
  }

  /** Whether an intact record lies anywhere behind the current position: then the damage is no torn tail. */
  async findsRecordBehind(): Promise<boolean> {
    if (this.#header === undefined) {
      // A file's header is synced before anything follows it.
      return this.#size > FILE_HEADER_SIZE;
    }
    const rest = await this.#bytes(this.#position, this.#size - this.#position);
    let at = rest.indexOf(RECORD_MAGIC, 1);
    while (at >= 0) {
      if (isRecordAt(rest, at, this.#header.salt)) {
        return true;
      }
      at = rest.indexOf(RECORD_MAGIC, at + 1);
    }
    return false;
  }

  /** Whether nothing but zeros follows: no record begins with one. */
  async #isUnusedFrom(position: number): Promise<boolean> {
    for (let at = position; at < this.#size; at += CHUNK_SIZE) {
      const first = await this.#bytes(at, 1);
      if (first[0] !== 0) return false;
      const chunk = await this.#bytes(at, Math.min(CHUNK_SIZE, this.#size - at));
      if (!chunk.equals(ZEROS.subarray(0, chunk.length))) return false;
    }
    return true;
  }

  async #readRecord(salt: number): Promise<ReadResult> {
    const header = await this.#bytes(this.#position, RECORD_HEADER_SIZE);
    if (header.length < RECORD_HEADER_SIZE) {
      return { kind: 'damage', problem: 'the last record is incomplete' };
    }
    const length = readPayloadLength(header);
    if (length === undefined) {
      return { kind: 'damage', problem: 'no record begins here' };
    }
    const size = RECORD_HEADER_SIZE + length;
    if (this.#position + size > this.#size) {
      return { kind: 'damage', problem: 'the record reaches beyond the end of the file' };
    }
    const record = await this.#bytes(this.#position, size);
    if (!isIntact(record, salt)) {
      return { kind: 'damage', problem: "the record's checksum is wrong" };
    }
    this.#position += size;
    return { kind: 'record', payload: record.subarray(RECORD_HEADER_SIZE) };
  }

  /** These bytes of the file, or fewer at its end. */
  async #bytes(from: number, length: number): Promise<Buffer> {
    const start = from - this.#chunkAt;
    if (start >= 0 && start + length <= this.#chunk.length) {
      return this.#chunk.subarray(start, start + length);
    }
    const wanted = Math.min(Math.max(length, CHUNK_SIZE), this.#size - from);
    const chunk = Buffer.allocUnsafeSlow(wanted);
    const filled = await this.#file.read(chunk, from);
    this.#chunk = chunk.subarray(0, filled);
    this.#chunkAt = from;
    return this.#chunk.subarray(0, length);
  }
}

function isRecordAt(bytes: Buffer, at: number, salt: number): boolean {
  const candidate = bytes.subarray(at);
  if (candidate.length < RECORD_HEADER_SIZE) {
    return false;
  }
  const length = readPayloadLength(candidate);
  const size = RECORD_HEADER_SIZE + (length ?? 0);
  return length !== undefined && size <= candidate.length && isIntact(candidate.subarray(0, size), salt);
}
