import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerEvent } from '../../entities/events.js';
import { openStore, type Store } from '../store.js';
import type { StoreOptions } from '../store-options.js';

/** A directory for one test, and the stores that it opens there. */
export class StoreHarness {
  readonly dir: string;
  readonly #open = new Set<Store>();

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async create(): Promise<StoreHarness> {
    return new StoreHarness(await mkdtemp(join(tmpdir(), 'store-')));
  }

  /** Opens the directory and reads what is in it. */
  async reopen(options: Partial<StoreOptions> = {}) {
    const store = await this.open(options);
    const events: BrokerEvent[] = [];
    await store.recover((event) => events.push(event));
    return { store, events };
  }

  /** Opens the directory only. */
  async open(options: Partial<StoreOptions> = {}): Promise<Store> {
    const store = await openStore({ dir: this.dir, reserveBytes: 0, ...options });
    this.#open.add(store);
    return store;
  }

  /** What opening and reading throws. */
  async refusal(): Promise<unknown> {
    const store = await this.open();
    const error = await store.recover(() => undefined).catch((caught: unknown) => caught);
    await this.close(store);
    return error;
  }

  async close(store: Store): Promise<void> {
    this.#open.delete(store);
    await store.close();
  }

  /** Gives the stores up whose disk is dead: closing them fails. */
  async abandon(): Promise<void> {
    await Promise.all([...this.#open].map((store) => store.close().catch(() => undefined)));
    this.#open.clear();
  }

  /** Writes each event with a write of its own. */
  async write(...events: BrokerEvent[]): Promise<void> {
    const { store } = await this.reopen();
    for (const event of events) {
      store.recorder.record(event);
      await store.recorder.flushed();
    }
    await this.close(store);
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.path(name));
  }

  /** The names in the directory, but for the lock. */
  async files(): Promise<readonly string[]> {
    return (await readdir(this.dir)).filter((name) => !name.startsWith('lock')).sort();
  }

  /** Deletes everything in the directory. */
  async empty(): Promise<void> {
    await rm(this.dir, { recursive: true });
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#open].map((store) => store.close()));
    await rm(this.dir, { recursive: true });
  }
}
