import { rangeProblems, withDefaults } from '../resolve-options.js';

/** How often and how late a failed delivery is tried again. */
export interface RetryPolicy {
  /**
   * Pauses in ms before further tries inside one delivery, under one lock, before the failure counts; at most 9, each
   * 0 to 5,000. Default 100 and 200.
   */
  readonly immediate: readonly number[];
  /**
   * Delays in ms before further deliveries; when they are used up the message is dead-lettered. A list of at most 99,
   * each 0 to 7 days, or exponential. Default 1, 5 and 30 minutes.
   */
  readonly delayed: readonly number[] | ExponentialDelays;
  /**
   * How far a delay strays, so that failures do not return together: a number from 0 to 1 for that part of it to
   * either side, `full` for anything from 0 to the delay, `none`. Never beyond `capMs`, nor beyond 7 days. Default 0.25.
   */
  readonly jitter: number | 'full' | 'none';
}

/** Delays that grow by a factor. */
export interface ExponentialDelays {
  /** The first delay in ms, 0 to `capMs`. */
  readonly baseMs: number;
  /** What each delay is multiplied by for the next, 1 to 10. */
  readonly factor: number;
  /** The longest delay in ms, jitter included; at most 7 days. */
  readonly capMs: number;
  /** How many delays there are, 0 to 99. */
  readonly retries: number;
}

const MINUTE_MS = 60_000;
/** No delay is longer, jitter included. */
export const LONGEST_DELAY_MS = 7 * 24 * 60 * MINUTE_MS;

export const defaultRetryPolicy: RetryPolicy = Object.freeze({
  immediate: Object.freeze([100, 200]),
  delayed: Object.freeze([MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS]),
  jitter: 0.25,
});

/** The longest delay of a message whose session waits with it, in ms, before jitter. */
export const LONGEST_SESSION_DELAY_MS = MINUTE_MS;

/** The default of queues with sessions: 5, 15 and 60 seconds, since what is behind a message waits as well. */
export const sessionRetryPolicy: RetryPolicy = Object.freeze({
  ...defaultRetryPolicy,
  delayed: Object.freeze([5_000, 15_000, LONGEST_SESSION_DELAY_MS]),
});

/**
 * Fills in what is absent or `undefined` from `base`, checks the ranges, and freezes.
 * @throws RangeError that lists every value out of range
 */
export function retryPolicy(overrides: Partial<RetryPolicy> = {}, base: RetryPolicy = defaultRetryPolicy): RetryPolicy {
  const { immediate, delayed, jitter } = withDefaults(overrides, base);
  const policy = {
    immediate: Object.freeze([...immediate]),
    delayed: Object.freeze(isList(delayed) ? [...delayed] : { ...delayed }),
    jitter,
  };
  const problems = retryPolicyProblems(policy);
  if (problems.length > 0) throw new RangeError(`Invalid retry policy: ${problems.join('; ')}.`);
  return Object.freeze(policy);
}

/** Deliveries in all before a message is dead-lettered: the first, and one after each delay. */
export function attemptLimit({ delayed }: RetryPolicy): number {
  return 1 + (isList(delayed) ? delayed.length : delayed.retries);
}

export function isList(delayed: RetryPolicy['delayed']): delayed is readonly number[] {
  return Array.isArray(delayed);
}

function retryPolicyProblems({ immediate, delayed, jitter }: RetryPolicy): string[] {
  return [
    ...listProblems('immediate', immediate, 9, 5_000),
    ...(isList(delayed) ? listProblems('delayed', delayed, 99, LONGEST_DELAY_MS) : exponentialProblems(delayed)),
    ...jitterProblems(jitter),
  ];
}

function exponentialProblems({ baseMs, factor, capMs, retries }: ExponentialDelays): string[] {
  return rangeProblems(
    { 'delayed.baseMs': baseMs, 'delayed.factor': factor, 'delayed.capMs': capMs, 'delayed.retries': retries },
    {
      'delayed.baseMs': { min: 0, max: Math.min(capMs, LONGEST_DELAY_MS) },
      'delayed.factor': { min: 1, max: 10 },
      'delayed.capMs': { min: 0, max: LONGEST_DELAY_MS },
      'delayed.retries': { min: 0, max: 99, whole: true },
    },
  );
}

function jitterProblems(jitter: RetryPolicy['jitter']): string[] {
  if (jitter === 'full' || jitter === 'none' || (jitter >= 0 && jitter <= 1)) return [];
  return [`jitter must be from 0 to 1, "full" or "none", not ${JSON.stringify(jitter)}`];
}

function listProblems(name: string, delays: readonly number[], most: number, longest: number): string[] {
  return [
    ...(delays.length > most ? [`${name} must have at most ${most} values, not ${delays.length}`] : []),
    ...delays.flatMap((delay, index) => {
      const label = `${name}[${index}]`;
      return rangeProblems({ [label]: delay }, { [label]: { min: 0, max: longest } });
    }),
  ];
}
