import type { OpenPurpose, StoreDirectory, StoreFile } from '../files.js';

/**
 * What is left of a disk.
 * - `killed`: the process ended. All that was written is there.
 * - `power lost`: only what was synced is there, contents and names.
 * - `names first`: only synced contents, but every name, as file systems write names when they like.
 */
export const ENDS = Object.freeze(['killed', 'power lost', 'names first'] as const);
export type End = (typeof ENDS)[number];

interface Content {
  written: Buffer;
  durable: Buffer;
}

/**
 * A disk in memory that knows what of it a crash would take, and that dies at a planned operation: that one and all
 * later ones are not done.
 */
export class CrashingDisk implements StoreDirectory {
  /** What was done, in order: `write journal-0000000001`, `sync snapshot.unfinished`, `sync names`, … */
  readonly operations: string[] = [];
  readonly #dieAt: number;
  #names: Map<string, Content>;
  #durableNames: Map<string, Content>;

  /**
   * @param files what is there, by name
   * @param dieAt how many operations are done
   */
  constructor(files: ReadonlyMap<string, Buffer> = new Map(), dieAt = Infinity) {
    this.#dieAt = dieAt;
    this.#names = new Map([...files].map(([name, bytes]) => [name, { written: bytes, durable: bytes }]));
    this.#durableNames = new Map(this.#names);
  }

  get isDead(): boolean {
    return this.operations.length >= this.#dieAt;
  }

  /** The files after this end. */
  after(end: End): ReadonlyMap<string, Buffer> {
    const names = end === 'power lost' ? this.#durableNames : this.#names;
    return new Map([...names].map(([name, { written, durable }]) => [name, end === 'killed' ? written : durable]));
  }

  async list(): Promise<readonly string[]> {
    await this.#turn();
    return [...this.#names.keys()];
  }

  async open(name: string, purpose: OpenPurpose): Promise<StoreFile> {
    await this.#turn();
    const empties = purpose === 'create' || purpose === 'log';
    if (!empties && !this.#names.has(name)) throw Object.assign(new Error(`no ${name}`), { code: 'ENOENT' });
    if (empties) {
      this.#do(`${purpose} ${name}`);
      const content = this.#names.get(name) ?? { written: EMPTY, durable: EMPTY };
      content.written = EMPTY;
      this.#names.set(name, content);
    }
    const content = this.#names.get(name) as Content;
    return this.#file(name, content, purpose === 'log');
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#turn();
    this.#do(`rename ${from} ${to}`);
    const content = this.#names.get(from);
    if (!content) throw Object.assign(new Error(`no ${from}`), { code: 'ENOENT' });
    this.#names.delete(from);
    this.#names.set(to, content);
  }

  async remove(name: string): Promise<void> {
    await this.#turn();
    if (!this.#names.has(name)) return;
    this.#do(`remove ${name}`);
    this.#names.delete(name);
  }

  async sync(): Promise<void> {
    await this.#turn();
    this.#do('sync names');
    this.#durableNames = new Map(this.#names);
  }

  #file(name: string, content: Content, syncsWrites: boolean): StoreFile {
    return {
      read: async (buffer, position) => {
        await this.#turn();
        return content.written.copy(buffer, 0, position);
      },
      write: async (data, position) => {
        await this.#turn();
        this.#do(`write ${name}`);
        content.written = spliced(content.written, data, position);
        if (syncsWrites) content.durable = content.written;
      },
      overwrite: (data, position) => {
        this.#do(`overwrite ${name}`);
        content.written = spliced(content.written, data, position);
      },
      sync: async () => {
        await this.#turn();
        this.#do(`sync ${name}`);
        content.durable = content.written;
      },
      truncate: async (length) => {
        await this.#turn();
        this.#do(`truncate ${name}`);
        content.written = content.written.subarray(0, length);
      },
      size: () => Promise.resolve(content.written.length),
      close: () => Promise.resolve(),
    };
  }

  #do(operation: string): void {
    if (this.isDead) throw Object.assign(new Error('the disk is dead'), { code: 'EIO' });
    this.operations.push(operation);
  }

  /** A disk takes its time: whoever does not wait for it is found out. */
  #turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

const EMPTY = Buffer.alloc(0);

function spliced(before: Buffer, data: Buffer, position: number): Buffer {
  const after = Buffer.alloc(Math.max(before.length, position + data.length));
  before.copy(after);
  data.copy(after, position);
  return after;
}
