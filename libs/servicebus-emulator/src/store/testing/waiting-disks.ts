import { CrashingDisk } from './crashing-disk.js';

/** A disk on which one file's writes wait until they are let go. */
export class SlowWrites extends CrashingDisk {
  #name = '';
  #held = Promise.withResolvers<void>();
  #gate = Promise.withResolvers<void>();

  /** Resolves when a write waits. */
  get held(): Promise<void> {
    return this.#held.promise;
  }

  hold(name: string): void {
    this.#name = name;
    this.#held = Promise.withResolvers<void>();
    this.#gate = Promise.withResolvers<void>();
  }

  release(): void {
    this.#name = '';
    this.#gate.resolve();
  }

  override async open(...args: Parameters<CrashingDisk['open']>): ReturnType<CrashingDisk['open']> {
    const file = await super.open(...args);
    return {
      ...file,
      write: async (data, position) => {
        if (args[0] === this.#name) {
          this.#held.resolve();
          await this.#gate.promise;
        }
        await file.write(data, position);
      },
    };
  }
}

/** A disk that reports the sync of a file, and lets it fail on demand. */
export class SyncSignal extends CrashingDisk {
  #name = '';
  #synced = Promise.withResolvers<void>();
  #failure: Error | undefined;

  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  expectSync(name: string, failure?: Error): void {
    this.#name = name;
    this.#failure = failure;
    this.#synced = Promise.withResolvers<void>();
  }

  override async open(...args: Parameters<CrashingDisk['open']>): ReturnType<CrashingDisk['open']> {
    const file = await super.open(...args);
    return {
      ...file,
      sync: async () => {
        if (args[0] !== this.#name) return file.sync();
        try {
          if (this.#failure) throw this.#failure;
          await file.sync();
        } finally {
          this.#synced.resolve();
        }
      },
    };
  }
}
