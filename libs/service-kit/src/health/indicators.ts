import type { Pool } from 'pg';
import { singleFlight } from '../single-flight.js';

/** Something that the health of a service depends on. */
export interface HealthIndicator {
  readonly name: string;
  /**
   * `live`: when it fails, only a restart helps. `ready`: when it fails, the service can take no work now.
   * `degraded`: the service works without it; reported, and answered with 200.
   */
  readonly kind: 'live' | 'ready' | 'degraded';
  /** Details to show; throws an error that says what is wrong. Given up after {@link checkTimeoutMs}. */
  check(): Promise<Readonly<Record<string, unknown>> | void> | Readonly<Record<string, unknown>> | void;
}

/** An indicator that does not answer in this time has failed, in milliseconds. */
export const checkTimeoutMs = 2_000;

// `pg` takes the time limit of one query, and its types do not know.
const probe = { text: 'SELECT 1', query_timeout: checkTimeoutMs };

/** The database as what handlers need: while it does not answer, their queue is paused. */
export function databaseDependency(pool: Pool): { readonly name: string; probe(): Promise<unknown> } {
  return { name: 'database', probe: () => pool.query(probe) };
}

/** Whether the database answers. */
export function databaseIndicator(pool: Pool): HealthIndicator {
  const ask = singleFlight(() => pool.query(probe));
  return {
    name: 'database',
    kind: 'ready',
    async check() {
      await ask();
    },
  };
}

/** The part of a subscription's health that is reported. */
export interface ReceiverHealth {
  readonly state: 'connecting' | 'running' | 'stalled' | 'stopped';
  readonly inFlight: number;
  /** Places kept by handlers that ran past their time limit. */
  readonly occupied?: number;
  readonly detail?: string;
}

/** Ends a worker whose receiver has stalled, or half of whose places are kept by handlers that never return. A broker that cannot be reached ends nothing. */
export function receiverLiveness(health: () => ReceiverHealth): HealthIndicator {
  return {
    name: 'receiver',
    kind: 'live',
    check() {
      const { state, detail, ...numbers } = health();
      if (state === 'stalled') throw new Error(detail ?? 'the receiver has stalled');
      return { state, ...numbers };
    },
  };
}

/**
 * Reports a receiver that does not receive, without saying that the service is down. One that is not attached while its
 * queue is paused by hand is as it should be: {@link pauseDegradation} says why nothing is received.
 */
export function receiverDegradation(health: () => ReceiverHealth & Pick<PausableHealth, 'paused'>): HealthIndicator {
  return {
    name: 'broker',
    kind: 'degraded',
    check() {
      const { state, detail, ...others } = health();
      const rests = state === 'connecting' && others.paused?.dependency === 'manual';
      if (state !== 'running' && !rests) throw new Error(detail ?? `the receiver is ${state}`);
      return { state, ...others };
    },
  };
}

/** The part of an endpoint's health that is reported besides its receiver's. */
export interface PausableHealth {
  readonly paused?: { readonly dependency: string; readonly detail: string; readonly since: Date };
  readonly held: number;
  readonly breakers: Readonly<Record<string, string>>;
}

/** Reports a queue that is paused, since when and why. It is no reason to restart: what is away comes back by itself. */
export function pauseDegradation(health: () => PausableHealth): HealthIndicator {
  return {
    name: 'consuming',
    kind: 'degraded',
    check() {
      const { paused, held, breakers } = health();
      if (!paused) return { held, breakers };
      throw new Error(`paused since ${paused.since.toISOString()} (${paused.dependency}): ${paused.detail}`);
    },
  };
}
