import type { RetryPolicy } from '@orderflow/messaging';
import { ConfigError } from '../config/load-config.js';

/** The variables that a retry policy is made of; what is absent has its default. */
export interface RetryConfig {
  readonly IMMEDIATE_ATTEMPTS: number;
  /** In ms. */
  readonly RETRY_DELAYS?: readonly number[] | undefined;
  readonly MAX_ATTEMPTS?: number | undefined;
  /** In ms. */
  readonly RETRY_BASE_DELAY?: number | undefined;
  /** In ms. */
  readonly RETRY_MAX_DELAY?: number | undefined;
}

/** What an exponential schedule has where its variables say nothing. */
const exponential = { MAX_ATTEMPTS: 8, RETRY_BASE_DELAY: 1_000, RETRY_MAX_DELAY: 300_000 } as const;
const names = Object.keys(exponential) as (keyof typeof exponential)[];

/**
 * The retry policy that the variables ask for: the delays of `RETRY_DELAYS`, or exponential ones as soon as one of
 * `MAX_ATTEMPTS`, `RETRY_BASE_DELAY` and `RETRY_MAX_DELAY` is set; the library's default when none is.
 * @throws ConfigError for a list together with any of those, and for a first delay above the longest
 */
export function retryPolicyOf(config: RetryConfig): Partial<RetryPolicy> {
  const immediate = Array.from({ length: config.IMMEDIATE_ATTEMPTS - 1 }, (_, index) =>
    Math.min(5_000, 100 * 2 ** index),
  );
  const given = names.filter((name) => config[name] !== undefined);
  if (config.RETRY_DELAYS && given.length > 0) {
    throw new ConfigError([`RETRY_DELAYS lists every delay, so that ${given.join(', ')} cannot be set as well`]);
  }
  if (config.RETRY_DELAYS) return { immediate, delayed: config.RETRY_DELAYS };
  if (given.length === 0) return { immediate };
  const { MAX_ATTEMPTS = exponential.MAX_ATTEMPTS, RETRY_MAX_DELAY = exponential.RETRY_MAX_DELAY } = config;
  const baseMs = config.RETRY_BASE_DELAY ?? Math.min(exponential.RETRY_BASE_DELAY, RETRY_MAX_DELAY);
  if (baseMs > RETRY_MAX_DELAY) {
    throw new ConfigError([`RETRY_BASE_DELAY is ${baseMs} ms, more than RETRY_MAX_DELAY, ${RETRY_MAX_DELAY} ms`]);
  }
  return { immediate, delayed: { baseMs, factor: 2, capMs: RETRY_MAX_DELAY, retries: MAX_ATTEMPTS - 1 } };
}
