import type { LockTokens } from './codec/lock-token.js';
import type { ReceiverCounts } from './entities/receiver-counts.js';
import type { ConnectionAccess } from './auth/connection-access.js';
import type { Clock } from './clock.js';
import type { BrokerError } from './entities/errors.js';
import type { Namespace } from './entities/namespace.js';
import type { FaultPlan } from './faults/fault-plan.js';
import type { Log } from './log.js';

/** What the parts of one broker share. */
export interface BrokerCore {
  readonly namespace: Namespace;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: FaultPlan;
  /** What a new client may do. @param ended called for a link whose token expired */
  readonly openAccess: (ended: (link: object, error: BrokerError) => void) => ConnectionAccess;
  /** Whether idle links and connections are closed. */
  readonly enforceIdleTimeouts: boolean;
  /** When the broker was started, ms since 1970. */
  readonly startedAt: number;
  readonly tokens: LockTokens;
  readonly receivers: ReceiverCounts;
  /** Makes message ids for senders that give none. */
  readonly newId: () => string;
  /**
   * Calls back once everything recorded so far is durable, at once in memory-only brokers; with the error when it could
   * not be stored.
   */
  whenDurable(done: (error?: unknown) => void): void;
}
