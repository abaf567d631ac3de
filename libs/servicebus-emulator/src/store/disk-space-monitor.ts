import type { Journal } from './journal.js';
import type { DiskReserve } from './disk-reserve.js';

interface DiskSpaceMonitorOptions {
  readonly reserve: DiskReserve;
  /** In ms. */
  readonly interval: number;
  /** Makes the store smaller, if it can. Must not reject. */
  readonly shrink: () => Promise<void>;
  readonly log: (message: string) => void;
}

/** Handles a full disk: releases the reserve, and checks until it can be filled again. */
export class DiskSpaceMonitor {
  readonly #options: DiskSpaceMonitorOptions;
  #timer: NodeJS.Timeout | undefined;
  #checks = 0;
  #checking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: DiskSpaceMonitorOptions) {
    this.#options = options;
  }

  /** Fills the reserve; when the disk is too full for that, it counts as full. */
  async start(journal: Journal): Promise<void> {
    if (!(await this.#options.reserve.fill())) {
      this.#markFull(journal);
    }
  }

  /** The journal met a full disk. */
  async onFull(journal: Journal): Promise<void> {
    await this.#options.reserve.release();
    this.#markFull(journal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#checking;
  }

  #markFull(journal: Journal): void {
    if (!journal.full) {
      journal.full = true;
      this.#checks = 0;
      this.#options.log('the disk is full: new messages are refused, receiving goes on');
      this.#schedule(journal);
    }
  }

  #schedule(journal: Journal): void {
    if (!this.#closed) {
      this.#timer = setTimeout(() => {
        this.#checking = this.#check(journal);
      }, this.#options.interval).unref();
    }
  }

  async #check(journal: Journal): Promise<void> {
    this.#checks += 1;
    // A snapshot is expensive: after 1, 2, 4, 8 … checks.
    if (Number.isInteger(Math.log2(this.#checks))) {
      await this.#options.shrink();
    }
    if (!(await this.#hasRoom())) {
      this.#schedule(journal);
      return;
    }
    journal.full = false;
    this.#options.log('there is room on the disk again: new messages are accepted');
  }

  async #hasRoom(): Promise<boolean> {
    try {
      return await this.#options.reserve.fill();
    } catch (error) {
      this.#options.log(`cannot tell whether there is room on the disk: ${String(error)}`);
      return false;
    }
  }
}
