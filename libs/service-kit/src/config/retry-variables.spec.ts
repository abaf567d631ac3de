import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, loadConfig, requireBrokerAddress } from './load-config.js';
import { requireRetryPolicy, retryPolicyOf } from './retry-variables.js';
import { brokerVariables, consumerVariables, databaseVariables } from './variables.js';

describe('the retry policy of the variables', () => {
  it("has the library's delays when no variable names any", () => {
    expect(retryPolicyOf({ IMMEDIATE_ATTEMPTS: 3 })).toEqual({ immediate: [100, 200] });
  });

  it('has the delays of a list', () => {
    expect(retryPolicyOf({ IMMEDIATE_ATTEMPTS: 1, RETRY_DELAYS: [1, 2] })).toEqual({ immediate: [], delayed: [1, 2] });
  });

  it.each([
    [{ MAX_ATTEMPTS: 3 }, { baseMs: 1_000, capMs: 300_000, retries: 2 }],
    [{ RETRY_BASE_DELAY: 0 }, { baseMs: 0, capMs: 300_000, retries: 7 }],
    [{ RETRY_MAX_DELAY: 10 }, { baseMs: 10, capMs: 10, retries: 7 }],
  ])('is exponential for %p', (variables, expected) => {
    const { delayed } = retryPolicyOf({ IMMEDIATE_ATTEMPTS: 1, ...variables });
    expect(delayed).toEqual({ factor: 2, ...expected });
  });
});

describe('a configuration', () => {
  const schema = requireRetryPolicy(
    requireBrokerAddress(z.object({ ...brokerVariables, ...databaseVariables, ...consumerVariables })),
  );
  const address = {
    SERVICEBUS_FULLY_QUALIFIED_NAMESPACE: 'orders.servicebus.windows.net',
    DATABASE_URL: 'postgres://db/orders',
  };

  function problemsOf(env: Record<string, string>): readonly string[] {
    try {
      loadConfig(schema, env);
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  }

  it('is refused when its retries contradict each other, together with whatever else is wrong', () => {
    const wrong = { MAX_CONCURRENCY: '0', RETRY_DELAYS: '1s', MAX_ATTEMPTS: '2', RETRY_MAX_DELAY: '10' };
    expect(problemsOf({ ...wrong, RETRY_BASE_DELAY: '11' })).toEqual([
      expect.stringMatching(/^DATABASE_URL is not set/),
      expect.stringMatching(/^MAX_CONCURRENCY must be a whole number/),
      expect.stringMatching(/^Set either SERVICEBUS_CONNECTION_STRING/),
      'RETRY_DELAYS lists every delay, so that MAX_ATTEMPTS, RETRY_BASE_DELAY, RETRY_MAX_DELAY cannot be set as well',
      'RETRY_BASE_DELAY is 11 ms, more than RETRY_MAX_DELAY, 10 ms',
    ]);
    expect(problemsOf({ ...address, RETRY_BASE_DELAY: '6m' })).toEqual([
      'RETRY_BASE_DELAY is 360000 ms, more than RETRY_MAX_DELAY, 300000 ms',
    ]);
  });

  it('is refused when its queue cannot keep what waits, or gives up too early', () => {
    const queue = { QUEUE_TIME_TO_LIVE: '45m', QUEUE_MAX_DELIVERY_COUNT: '6' };
    expect(problemsOf({ ...address, ...queue })).toEqual([
      expect.stringMatching(/^Retries and QUEUE_… do not go together: the queue gives a copy up after 6 deliveries/),
      expect.stringMatching(/^Retries and QUEUE_… do not go together: the delays may last 2700000 ms in all/),
    ]);
    expect(problemsOf({ ...address, ...queue, QUEUE_MAX_DELIVERY_COUNT: '7', RETRY_DELAYS: '30m' })).toEqual([]);
  });

  it('is told of a wrong value once', () => {
    expect(problemsOf({ ...address, RETRY_DELAYS: 'soon', MAX_ATTEMPTS: '2', QUEUE_TIME_TO_LIVE: 'long' })).toEqual([
      expect.stringMatching(/^RETRY_DELAYS must be/),
      expect.stringMatching(/^QUEUE_TIME_TO_LIVE must be/),
    ]);
    expect(problemsOf({ ...address, IMMEDIATE_ATTEMPTS: '0', QUEUE_LOCK_DURATION: '4s' })).toHaveLength(2);
  });
});
