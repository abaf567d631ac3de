import { consumerVersion, type Middleware } from '@orderflow/messaging';
import type { Logger } from 'pino';
import type { ProcessConfig } from '../config/process-config.js';
import type { RetryConfig } from '../config/retry-variables.js';
import { secretKept, secretSource } from '../config/secret-files.js';
import type { TransportConfig } from './load-transport.js';

/** The variables of a service that consumes a queue and keeps its data in PostgreSQL. */
export interface MessagingConfig extends ProcessConfig, TransportConfig, RetryConfig {
  readonly DATABASE_URL: string;
  readonly DATABASE_URL_FILE?: string | undefined;
  readonly DATABASE_POOL_SIZE: number;
  readonly DATABASE_MAX_WAITING: number;
  readonly DATABASE_PREPARE: boolean;
  readonly OUTBOX_LINGER_MAX: number;
  readonly MAX_CONCURRENCY: number;
  readonly PAUSE_AFTER_MESSAGES: number;
  readonly PROBE_MAX_INTERVAL: number;
  readonly CIRCUIT_FAILURES: number;
  readonly CIRCUIT_OPEN_TIME: number;
  readonly MAX_CONCURRENT_SESSIONS?: number | undefined;
  readonly SERVICE_VERSION?: string | undefined;
}

/** When a queue is paused, and when a message type runs alone. */
export function thresholdsOf(config: MessagingConfig) {
  return {
    pause: { messages: config.PAUSE_AFTER_MESSAGES, probeMaxMs: config.PROBE_MAX_INTERVAL },
    breaker: { failures: config.CIRCUIT_FAILURES, openMs: config.CIRCUIT_OPEN_TIME },
  };
}

/** Dead letters say which release gave them up, where somebody said which this is. */
export function versionOf({ SERVICE_VERSION: version }: MessagingConfig): readonly Middleware[] {
  return version === undefined ? [] : [consumerVersion(version)];
}

/** Three quarters of the pool: a connection at least is always there for messages. */
export function shareOfRequests(poolSize: number): number {
  return poolSize - Math.max(1, Math.floor(poolSize / 4));
}

/**
 * A function where a file holds the URL: what is in it is used from the next connection on. `adapt` adds settings of the
 * session to it.
 */
export function databaseUrl(
  { DATABASE_URL: first, DATABASE_URL_FILE: file }: MessagingConfig,
  logger: Logger,
  adapt = (plain: string) => plain,
): string | (() => string) {
  if (file === undefined) return adapt(first);
  const current = secretSource(first, file, (err) => logger.warn({ err }, secretKept));
  return () => adapt(current());
}
