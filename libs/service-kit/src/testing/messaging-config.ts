import type { MessagingConfig } from '../messaging/messaging-settings.js';

/**
 * What a service that consumes a queue is configured with in a spec: a free port, no line in its log, one message at a
 * time, and nothing waits before it is tried again.
 * @param changes to that
 */
export function messagingConfig(databaseUrl: string, changes: Partial<MessagingConfig> = {}): MessagingConfig {
  return {
    PORT: 0,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
    SHUTDOWN_TIMEOUT: 10_000,
    MESSAGING_TRANSPORT: 'azure-service-bus',
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: 4,
    DATABASE_MAX_WAITING: 10,
    DATABASE_PREPARE: true,
    OUTBOX_LINGER_MAX: 0,
    MAX_CONCURRENCY: 1,
    PAUSE_AFTER_MESSAGES: 5,
    PROBE_MAX_INTERVAL: 30_000,
    CIRCUIT_FAILURES: 5,
    CIRCUIT_OPEN_TIME: 30_000,
    IMMEDIATE_ATTEMPTS: 1,
    MAX_ATTEMPTS: 5,
    RETRY_BASE_DELAY: 0,
    RETRY_MAX_DELAY: 0,
    ...changes,
  };
}
