import type { Pool } from 'pg';
import { askOnce } from './ask-once.js';
import { checkTimeoutMs, type HealthIndicator } from './health-indicator.js';

/** Whether the database answers. */
export function databaseIndicator(pool: Pool): HealthIndicator {
  // `pg` takes the time limit of one query, and its types do not know.
  const probe = { text: 'SELECT 1', query_timeout: checkTimeoutMs };
  const ask = askOnce(() => pool.query(probe));
  return {
    name: 'database',
    kind: 'ready',
    async check() {
      await ask();
    },
  };
}

/** What a subscription of the messaging library says of itself. */
export interface ReceiverHealth {
  readonly state: 'connecting' | 'running' | 'stalled' | 'stopped';
  readonly inFlight: number;
  readonly detail?: string;
}

/** Ends a worker whose receiver has stalled. A broker that cannot be reached ends nothing. */
export function receiverLiveness(health: () => ReceiverHealth): HealthIndicator {
  return {
    name: 'receiver',
    kind: 'live',
    check() {
      const { state, inFlight, detail } = health();
      if (state === 'stalled') throw new Error(detail ?? 'the receiver has stalled');
      return { state, inFlight };
    },
  };
}

/** Tells of a receiver that does not receive, without saying that the service is down. */
export function receiverDegradation(health: () => ReceiverHealth): HealthIndicator {
  return {
    name: 'broker',
    kind: 'degraded',
    check() {
      const { state, inFlight, detail } = health();
      if (state !== 'running') throw new Error(detail ?? `the receiver is ${state}`);
      return { state, inFlight };
    },
  };
}
