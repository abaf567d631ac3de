import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createPostgresMessaging } from './postgres/postgres-messaging.js';
import { rangeProblems, withDefaults } from './resolve-options.js';
import { defaultRetryPolicy, retryPolicy } from './retry/retry-policy.js';
import { systemClock } from './system-clock.js';
import { createAzureServiceBusTransport } from './transports/azure-service-bus/index.js';
import { resolveOptions } from './transports/azure-service-bus/options.js';
import { createMemoryTransport, MemoryBroker } from './transports/memory/index.js';

const connection = { connectionString: 'Endpoint=sb://localhost;SharedAccessKeyName=a;SharedAccessKey=b' };
const topology = { queues: ['work'] };
/** Connects when first used, which is never here. */
const pool = new pg.Pool();
const messaging = createPostgresMessaging({ pool });
const transport = { send: async () => undefined };

describe('options', () => {
  it('have their default where they are absent or undefined, and cannot be changed', () => {
    const given: { a?: number | undefined; b?: number | undefined; c?: number | undefined } = { a: undefined, b: 0 };
    const resolved = withDefaults(given, { a: 1, b: 2, c: 3 });
    expect(resolved).toEqual({ a: 1, b: 0, c: 3 });
    expect(Object.isFrozen(resolved)).toBe(true);
  });

  it('are checked all at once', () => {
    const ranges = { a: { min: 1, max: 2 }, b: { min: 0, whole: true }, c: { min: 0 }, d: { min: 1 } };
    expect(rangeProblems({ a: 3, b: 0.5, c: Number.NaN, d: 1 }, ranges)).toEqual([
      'a must be from 1 to 2, not 3',
      'b must be a whole number 0 or more, not 0.5',
      'c must be 0 or more, not NaN',
    ]);
  });

  it('of a retry policy given as undefined are the defaults', () => {
    const policy = retryPolicy({ delayed: undefined, jitter: 0 });
    expect(policy).toEqual({ ...defaultRetryPolicy, jitter: 0 });
    expect(Object.isFrozen(policy)).toBe(true);
  });

  it('of the Azure Service Bus transport given as undefined are the defaults', () => {
    const resolved = resolveOptions({ requestTimeoutMs: undefined, stallAfterMs: 5 });
    expect(resolved).toMatchObject({ requestTimeoutMs: 30_000, stallAfterMs: 5, maxReconnectDelayMs: 5_000 });
    expect(Object.isFrozen(resolved)).toBe(true);
  });

  it.each([
    [
      'the Azure Service Bus transport',
      () => createAzureServiceBusTransport(connection, { stallAfterMs: 0, requestTimeoutMs: -1 }),
      /stallAfterMs must be 1 or more, not 0; requestTimeoutMs must be 1 or more, not -1/,
    ],
    [
      'a memory broker',
      () => createMemoryTransport({ topology, maxMessages: 0.5, lockDurationMs: 0 }),
      /maxMessages must be a whole number 1 or more, not 0.5; lockDurationMs must be 1 or more, not 0/,
    ],
    [
      'a relay',
      () => messaging.startRelay({ transport, onError: () => {}, batch: 0, sweepMs: Number.NaN }),
      /batch must be a whole number 1 or more, not 0; sweepMs must be 1 or more, not NaN/,
    ],
  ])('of %s out of range are refused, all at once', (_, start, message) => {
    expect(start).toThrow(message);
  });

  it('of a purge out of range are refused, all at once', async () => {
    await expect(messaging.inbox.purge({ olderThanMs: -1, batch: 0 })).rejects.toThrow(
      /olderThanMs must be 0 or more, not -1; batch must be a whole number 1 or more, not 0/,
    );
  });

  it('of a memory broker given as undefined are the defaults', () => {
    const broker = new MemoryBroker({ topology, clock: undefined, lockDurationMs: undefined });
    expect(broker.lockDurationMs).toBe(60_000);
    expect(broker.clock).toBe(systemClock);
  });
});
