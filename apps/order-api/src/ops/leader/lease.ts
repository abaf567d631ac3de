import type { SqlTransaction } from '@orderflow/messaging/postgres';

/** The right of one replica to work in the background, for a time. */
export interface LeaseOptions {
  /** What is led: one leader a name. */
  readonly name: string;
  /** Who asks; different for every process. */
  readonly holder: string;
  /** How long the right lasts without being renewed, in milliseconds above 0. */
  readonly leaseMs: number;
}

/** One replica's hold on a lease. All times are the database's, so that no two machines' clocks have to agree. */
export class Lease {
  readonly #database: SqlTransaction;
  readonly #options: LeaseOptions;

  constructor(database: SqlTransaction, options: LeaseOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Takes the lease when it is free or has run out, and renews it when it is held. Whether it is held now. */
  async hold(): Promise<boolean> {
    const { name, holder, leaseMs } = this.#options;
    const { rowCount } = await this.#database.query(
      `INSERT INTO ops_leases (name, holder, leased_until) VALUES ($1, $2, now() + $3 * interval '1 ms')
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until
       WHERE ops_leases.holder = excluded.holder OR ops_leases.leased_until < now()`,
      [name, holder, leaseMs],
    );
    return rowCount === 1;
  }

  /** Gives it up, so that nobody has to wait until it has run out. */
  async release(): Promise<void> {
    const { name, holder } = this.#options;
    await this.#database.query('DELETE FROM ops_leases WHERE name = $1 AND holder = $2', [name, holder]);
  }
}
