import { localDirectory, type OpenPurpose, type StoreDirectory, type StoreFile } from '../files.js';

/** A disk of the local file system whose journal can be held: what is written to it waits, or fails in the end. */
export class HeldDisk implements StoreDirectory {
  readonly #disk: StoreDirectory;
  #gate: PromiseWithResolvers<void> | undefined;
  #waits = Promise.withResolvers<void>();

  constructor(path: string) {
    this.#disk = localDirectory(path);
  }

  /** From now on what is written to a journal waits. @returns resolves when something does */
  hold(): Promise<void> {
    this.#gate = Promise.withResolvers<void>();
    this.#waits = Promise.withResolvers<void>();
    return this.#waits.promise;
  }

  /** Lets it be written; with a code, such as `EIO`, fail. */
  release(code?: string): void {
    if (code === undefined) this.#gate?.resolve();
    else this.#gate?.reject(Object.assign(new Error(`${code}: the disk failed`), { code }));
    this.#gate = undefined;
  }

  list(): Promise<readonly string[]> {
    return this.#disk.list();
  }

  async open(name: string, purpose: OpenPurpose): Promise<StoreFile> {
    const file = await this.#disk.open(name, purpose);
    return {
      read: (buffer, position) => file.read(buffer, position),
      write: async (data, position) => {
        if (this.#gate && purpose === 'log') {
          this.#waits.resolve();
          await this.#gate.promise;
        }
        await file.write(data, position);
      },
      overwrite: (data, position) => file.overwrite(data, position),
      sync: () => file.sync(),
      truncate: (length) => file.truncate(length),
      size: () => file.size(),
      close: () => file.close(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.rename(from, to);
  }

  remove(name: string): Promise<void> {
    return this.#disk.remove(name);
  }

  sync(): Promise<void> {
    return this.#disk.sync();
  }
}
