import { localDirectory, type OpenPurpose, type StoreDirectory, type StoreFile } from '../files.js';

/** A directory on a disk of limited size: writing beyond it stops in the middle with ENOSPC, as on a real one. */
export class LimitedDisk implements StoreDirectory {
  /** In bytes. */
  capacity: number;
  /** The code with which every write fails, when set. */
  failure: string | undefined;
  readonly #directory: StoreDirectory;
  readonly #sizes = new Map<string, number>();

  constructor(path: string, capacity: number) {
    this.#directory = localDirectory(path);
    this.capacity = capacity;
  }

  list(): Promise<readonly string[]> {
    return this.#directory.list();
  }

  async open(name: string, purpose: OpenPurpose): Promise<StoreFile> {
    const file = await this.#directory.open(name, purpose);
    this.#sizes.set(name, await file.size());
    return {
      read: (buffer, position) => file.read(buffer, position),
      write: (data, position) => this.#write(name, file, data, position),
      overwrite: (data, position) => file.overwrite(data, position),
      sync: () => file.sync(),
      truncate: async (length) => {
        await file.truncate(length);
        this.#sizes.set(name, length);
      },
      size: () => file.size(),
      close: () => file.close(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#directory.rename(from, to);
    this.#sizes.set(to, this.#sizes.get(from) ?? 0);
    this.#sizes.delete(from);
  }

  async remove(name: string): Promise<void> {
    await this.#directory.remove(name);
    this.#sizes.delete(name);
  }

  sync(): Promise<void> {
    return this.#directory.sync();
  }

  async #write(name: string, file: StoreFile, data: Buffer, position: number): Promise<void> {
    if (this.failure !== undefined) {
      throw Object.assign(new Error(`${this.failure}: the disk failed`), { code: this.failure });
    }
    const size = this.#sizes.get(name) ?? 0;
    const others = [...this.#sizes.values()].reduce((sum, one) => sum + one, 0) - size;
    const fits = Math.min(data.length, Math.max(0, this.capacity - others - position));
    await file.write(data.subarray(0, fits), position);
    this.#sizes.set(name, Math.max(size, position + fits));
    if (fits < data.length) {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    }
  }
}
