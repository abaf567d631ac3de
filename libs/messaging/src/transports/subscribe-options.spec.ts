import { expect, it } from '@jest/globals';
import { resolveSubscribeOptions } from './subscribe-options.js';

const onError = (): void => {};

it("takes 10 for the broker's limit of deliveries, and what the broker says for the lock", () => {
  const given = { concurrency: 2, onError, maxDeliveryCount: undefined as unknown as number };
  expect(resolveSubscribeOptions('work', given)).toEqual({ concurrency: 2, onError, maxDeliveryCount: 10 });
});

it.each([
  [{ maxDeliveryCount: 0 }, 'maxDeliveryCount must be a whole number 1 or more, not 0'],
  [{ maxDeliveryCount: 1.5 }, 'maxDeliveryCount must be a whole number 1 or more, not 1.5'],
  [{ lockDurationMs: 999 }, 'lockDurationMs must be from 1000 to 300000, not 999'],
  [{ lockDurationMs: 300_001 }, 'lockDurationMs must be from 1000 to 300000, not 300001'],
])('refuses %j', (options, problem) => {
  expect(() => resolveSubscribeOptions('work', { concurrency: 1, onError, ...options })).toThrow(
    expect.objectContaining({ code: 'InvalidOptions', message: `Invalid options for queue "work": ${problem}.` }),
  );
});
