import { setTimeout as delay } from 'node:timers/promises';
import type { LabBatch, LabQueue, ReceiveOptions } from '../src/lab/lab-queue.js';

interface Entry {
  readonly text: string;
  locked: boolean;
}

/** A lab queue in this process's memory, with the lock rules of a broker's. */
export class MemoryLabQueue implements LabQueue {
  readonly #entries: Entry[] = [];

  async send(text: string): Promise<void> {
    this.#entries.push({ text, locked: false });
  }

  async receive({ idleTimeoutMs, max, signal }: ReceiveOptions): Promise<LabBatch> {
    const held: Entry[] = [];
    let idleMs = 0;
    while (held.length < max && idleMs < idleTimeoutMs && !signal.aborted) {
      const entry = this.#entries.find(({ locked }) => !locked);
      if (entry) {
        entry.locked = true;
        held.push(entry);
        idleMs = 0;
      } else {
        const waitMs = Math.min(10, idleTimeoutMs - idleMs);
        await delay(waitMs);
        idleMs += waitMs;
      }
    }
    return this.#batch(held);
  }

  async peek({ max }: { readonly max: number }): Promise<readonly string[]> {
    return this.#entries.slice(0, max).map(({ text }) => text);
  }

  async close(): Promise<void> {}

  #batch(held: readonly Entry[]): LabBatch {
    return {
      texts: held.map(({ text }) => text),
      complete: async () => {
        for (const entry of held) this.#entries.splice(this.#entries.indexOf(entry), 1);
      },
      release: async () => {
        for (const entry of held) entry.locked = false;
      },
    };
  }
}
