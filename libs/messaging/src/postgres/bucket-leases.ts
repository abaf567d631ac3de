import type { Pool } from 'pg';
import { BUCKETS } from '../outbox/bucket.js';

/** A bucket that this relay may work on, until somebody else takes it after its expiry. */
export interface Lease {
  readonly bucket: number;
  /** Proves that the bucket has not changed hands since. */
  readonly token: string;
}

/**
 * One relay's leases. All times are the database's, so that no two machines' clocks have to agree; nothing here reads
 * a clock of its own.
 */
export class BucketLeases {
  readonly #pool: Pool;
  readonly #owner: string;
  readonly #leaseMs: number;

  constructor(pool: Pool, owner: string, leaseMs: number) {
    this.#pool = pool;
    this.#owner = owner;
    this.#leaseMs = leaseMs;
  }

  /**
   * Renews this relay's leases and takes free or expired buckets up to its fair share. Answers all it holds, and those
   * above the share, which it has to give up with {@link release} once it has finished with them.
   */
  async renew(): Promise<{ readonly kept: readonly Lease[]; readonly surplus: readonly Lease[] }> {
    const share = Math.ceil(BUCKETS / (await this.#register()));
    const held = await this.#leases(
      `UPDATE outbox_buckets SET leased_until = now() + $2 * interval '1 ms'
       WHERE leased_by = $1 RETURNING bucket, token`,
      [this.#owner, this.#leaseMs],
    );
    if (held.length >= share) return { kept: held.slice(0, share), surplus: held.slice(share) };
    return { kept: [...held, ...(await this.take(share - held.length))], surplus: [] };
  }

  /** Takes up to `count` buckets that nobody holds. */
  async take(count: number): Promise<readonly Lease[]> {
    return await this.#leases(
      `UPDATE outbox_buckets SET leased_by = $1, leased_until = now() + $2 * interval '1 ms', token = token + 1
       WHERE bucket IN (
         SELECT bucket FROM outbox_buckets WHERE leased_by IS NULL OR leased_until < now()
         ORDER BY leased_until, bucket LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING bucket, token`,
      [this.#owner, this.#leaseMs, count],
    );
  }

  async release(leases: readonly Lease[]): Promise<void> {
    await this.#pool.query(
      `UPDATE outbox_buckets SET leased_by = NULL, leased_until = '-infinity'
       WHERE leased_by = $1 AND bucket = ANY($2::smallint[])`,
      [this.#owner, leases.map(({ bucket }) => bucket)],
    );
  }

  /** Gives up everything: this relay ends. */
  async leave(): Promise<void> {
    await this.#pool.query(
      `WITH gone AS (DELETE FROM outbox_relays WHERE id = $1)
       UPDATE outbox_buckets SET leased_by = NULL, leased_until = '-infinity' WHERE leased_by = $1`,
      [this.#owner],
    );
  }

  /** Records that this relay is alive, removes those that are not, and answers how many there are, at least 1. */
  async #register(): Promise<number> {
    const { rows } = await this.#pool.query<{ others: number }>(
      `WITH me AS (
         INSERT INTO outbox_relays (id, seen_until) VALUES ($1, now() + $2 * interval '1 ms')
         ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until
       ), gone AS (
         DELETE FROM outbox_relays WHERE seen_until < now() AND id <> $1
       )
       SELECT count(*)::int AS others FROM outbox_relays WHERE seen_until >= now() AND id <> $1`,
      [this.#owner, this.#leaseMs],
    );
    return 1 + (rows[0]?.others ?? 0);
  }

  async #leases(text: string, values: unknown[]): Promise<Lease[]> {
    const { rows } = await this.#pool.query<Lease>(text, values);
    return rows.sort((one, other) => one.bucket - other.bucket);
  }
}
