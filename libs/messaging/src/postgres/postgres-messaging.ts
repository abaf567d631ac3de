import type { ClientBase, Pool } from 'pg';
import { warnOfError } from '../outbox/after-commit.js';
import { withDefaults } from '../resolve-options.js';
import { PgAdapter } from './pg-adapter.js';
import { PostgresInbox } from './postgres-inbox.js';
import { PostgresOutbox } from './postgres-outbox.js';
import type { Relay } from '../outbox/relay-health.js';
import { startRelay } from './relay.js';
import type { RelayOptions } from './relay-options.js';
import type { TransactionAdapter, TransactionOptions, UnitOfWork } from './sql-transaction.js';
import { UnitsOfWork } from './units-of-work.js';
import { Wakes } from '../outbox/wakes.js';

/** What the messaging of one database offers. `Db` is what the team's own tool hands to a transaction. */
export interface PostgresMessaging<Db = ClientBase> {
  /**
   * Runs `work` in a transaction and commits it; then wakes the relay if it wrote to the outbox, and runs what it gave to
   * `afterCommit`. Rejects, with everything rolled back, when `work` throws. Rejects as well when the outcome is unknown
   * because the connection was lost during the commit.
   */
  transaction<Result>(work: (tx: UnitOfWork<Db>) => Promise<Result>, options?: TransactionOptions): Promise<Result>;
  readonly inbox: PostgresInbox<Db>;
  readonly outbox: PostgresOutbox;
  /** Says that messages were committed by a transaction that was not one of ours. Costs nothing when the relay is awake. */
  wake(): void;
  /** Calls `listener` whenever messages were committed here. Returns how to stop that. */
  onWake(listener: () => void): () => void;
  /**
   * Starts moving the outbox to the broker. Broker and database may both be away: it begins as soon as they are there.
   * @throws RangeError that lists every option out of range
   */
  startRelay(options: RelayOptions): Relay;
}

export interface PostgresMessagingOptions {
  /** The database of the effects, with `messagingSchema` in it. Our own statements run here; it is yours to end. */
  readonly pool: Pool;
  /**
   * Further connections to it, which plan a prepared statement once (`plan_cache_mode=force_generic_plan`): the inbox runs
   * effects of one statement there while one is free. For effects whose best plan is the same whatever tables hold, as
   * inserts of given values. Yours to end; `pool` when absent.
   */
  readonly planningOnce?: Pool | undefined;
  /** What can fail nothing any more: a callback after a commit that threw. A warning of the process when absent. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** One unit of work a database, over `pg` itself or over the transactions of the tool that a team uses. */
export function createPostgresMessaging(options: PostgresMessagingOptions): PostgresMessaging;
export function createPostgresMessaging<Db>(
  options: PostgresMessagingOptions & { readonly adapter: TransactionAdapter<Db> },
): PostgresMessaging<Db>;
export function createPostgresMessaging<Db>(
  options: PostgresMessagingOptions & { readonly adapter?: TransactionAdapter<Db> },
): PostgresMessaging<Db> | PostgresMessaging {
  return options.adapter === undefined
    ? assemble(options, new PgAdapter(options.pool))
    : assemble(options, options.adapter);
}

function assemble<Db>(options: PostgresMessagingOptions, adapter: TransactionAdapter<Db>): PostgresMessaging<Db> {
  const { pool, planningOnce, onError } = withDefaults(options, { onError: warnOfError });
  const wakes = new Wakes();
  const units = new UnitsOfWork({ pool, adapter, onError, wake: wakes.wake });
  return Object.freeze<PostgresMessaging<Db>>({
    transaction: (work, how) => units.transaction(work, how),
    inbox: new PostgresInbox({ pool, planningOnce, units, onError, wake: wakes.wake }),
    outbox: new PostgresOutbox(pool, wakes.wake),
    wake: () => wakes.wake(),
    onWake: (listener) => wakes.onWake(() => listener()),
    startRelay: (relay) => startRelay({ ...relay, onError: relay.onError ?? onError, pool, wakes }),
  });
}
