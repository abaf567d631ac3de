import type pg from 'pg';

/** What the data of a binary copy begin with: a signature of 11 bytes, flags, and the length of an extension. */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = SIGNATURE.length + 4 + 4;
/** The number of fields that ends the data. */
const TRAILER = -1;
/** 2000-01-01, from which PostgreSQL counts, in ms. */
const EPOCH_MS = 946_684_800_000;

/**
 * One row's values, to be read in the order of the columns, each by the method of its type: as a copy in the binary format
 * has them.
 * @see https://www.postgresql.org/docs/current/sql-copy.html "Binary Format"
 */
export class CopiedRow {
  readonly #data: Buffer;
  #at: number;

  /** `at`: where its first field begins. */
  constructor(data: Buffer, at: number) {
    this.#data = data;
    this.#at = at;
  }

  smallint(): number {
    return this.#data.readInt16BE(this.#next(2));
  }

  integer(): number {
    return this.#data.readInt32BE(this.#next(4));
  }

  /** In digits: it may be larger than a number of JavaScript. */
  bigint(): string {
    return this.#data.readBigInt64BE(this.#next(8)).toString();
  }

  boolean(): boolean {
    return this.#data[this.#next(1)] === 1;
  }

  doubleOrNull(): number | null {
    const at = this.#nextOrNull(8);
    return at < 0 ? null : this.#data.readDoubleBE(at);
  }

  timeOrNull(): Date | null {
    const at = this.#nextOrNull(8);
    return at < 0 ? null : new Date(EPOCH_MS + Math.floor(Number(this.#data.readBigInt64BE(at)) / 1_000));
  }

  text(): string {
    return this.textOrNull() ?? '';
  }

  textOrNull(): string | null {
    const length = this.#length();
    return length < 0 ? null : this.#data.toString('utf8', this.#at, (this.#at += length));
  }

  json(): unknown {
    const length = this.#length();
    // A byte says the version of the format.
    return JSON.parse(this.#data.toString('utf8', this.#at + 1, (this.#at += length)));
  }

  bytes(): Buffer {
    const length = this.#length();
    // `pg` fills the same memory again.
    return Buffer.from(this.#data.subarray(this.#at, (this.#at += length)));
  }

  #length(): number {
    const length = this.#data.readInt32BE(this.#at);
    this.#at += 4;
    return length;
  }

  #next(bytes: number): number {
    const at = this.#at + 4;
    this.#at = at + bytes;
    return at;
  }

  /** Below 0 for null. */
  #nextOrNull(bytes: number): number {
    const length = this.#length();
    if (length < 0) return length;
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}

/** As much of what the database says of a copy as is looked at. */
interface CopyData {
  readonly chunk: Buffer;
}

/** A statement of `pg`'s that is answered by a copy. Has the shape that `pg` asks for: its calls are those of its `Query`. */
class CopyOut<Row> implements pg.Submittable {
  /** Called once, with what went wrong if anything did. `pg` puts its own in front, for its `query_timeout`. */
  callback: (error?: unknown) => void;
  readonly rows: Row[] = [];
  readonly #statement: string;
  readonly #read: (row: CopiedRow) => Row;
  #failure: unknown;

  constructor(statement: string, read: (row: CopiedRow) => Row, callback: (error?: unknown) => void) {
    this.#statement = statement;
    this.#read = read;
    this.callback = callback;
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#statement);
  }

  /** The database sends each row by itself, the header with the first one or before it. */
  handleCopyData({ chunk }: CopyData): void {
    const isFirst = this.rows.length === 0 && chunk.subarray(0, SIGNATURE.length).equals(SIGNATURE);
    const at = isFirst ? HEADER_BYTES + chunk.readInt32BE(HEADER_BYTES - 4) : 0;
    if (at === chunk.length || chunk.readInt16BE(at) === TRAILER) return;
    try {
      this.rows.push(this.#read(new CopiedRow(chunk, at + 2)));
    } catch (error) {
      this.#failure = error;
    }
  }

  handleCommandComplete(): void {
    // The connection is free when it says that it is ready.
  }

  handleReadyForQuery(): void {
    this.callback(this.#failure);
  }

  handleError(error: unknown): void {
    this.callback(error);
  }
}

/**
 * Runs a query whose rows come as the database stores them. That costs it and us less than half of what text does, and no
 * parameters are possible, so that it is parsed and planned each time: for many rows.
 * @param query its values are written into it
 * @param read makes of a row what is to become of it, while its bytes are there
 */
export function copyRows<Row>(
  client: pg.Client,
  query: string,
  read: (row: CopiedRow) => Row,
): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    const copy = new CopyOut(`COPY (${query}) TO STDOUT (FORMAT binary)`, read, (error) => {
      if (error === undefined || error === null) resolve(copy.rows);
      else reject(error);
    });
    client.query(copy);
  });
}
