import type { Lease } from './bucket-leases.js';
import type { ReadRows } from './outbox-read.js';
import { leasedBucket } from './outbox-rows.js';
import { Turns } from './turns.js';

/** What was read of buckets that belong to one batch until it ends. */
export interface Claim extends ReadRows {
  /** Of the buckets that the rows are in. */
  readonly leases: readonly Lease[];
  /** To be called once the batch has ended, well or not. */
  release(): void;
}

/**
 * Which buckets have a batch of one destination in flight. None has two, which is what keeps the order of its keys. A batch
 * has all that are free while it is read, and then those only that it found something in.
 */
export class BucketClaims {
  readonly #claimed = new Set<number>();
  /** A read has whatever is free: two at once would leave nothing to the second. */
  readonly #reads = new Turns();

  /**
   * Reads from those of `leases` that are free, once the reads before have ended. Rejects when `read` does.
   * @returns undefined when no bucket is free
   */
  claim(leases: readonly Lease[], read: (free: readonly Lease[]) => Promise<ReadRows>): Promise<Claim | undefined> {
    return this.#reads.run(async () => {
      const free = leases.filter(({ bucket }) => !this.#claimed.has(bucket));
      if (free.length === 0) return undefined;
      const found = await read(free);
      const buckets = new Set(found.rows.map(leasedBucket));
      for (const bucket of buckets) this.#claimed.add(bucket);
      return {
        ...found,
        leases: free.filter(({ bucket }) => buckets.has(bucket)),
        release: () => {
          for (const bucket of buckets) this.#claimed.delete(bucket);
        },
      };
    });
  }
}
