import { expect, it } from '@jest/globals';
import { checkConcurrency } from './check-concurrency.js';

it.each([1, 2, 1_000])('a concurrency of %d is fine', (concurrency) => {
  expect(() => checkConcurrency('work', concurrency)).not.toThrow();
});

it.each([0, -1, 1.5, 1_001, NaN, Infinity])('a concurrency of %d is refused', (concurrency) => {
  expect(() => checkConcurrency('work', concurrency)).toThrow(
    expect.objectContaining({
      code: 'InvalidOptions',
      retryable: false,
      message: `The concurrency of queue "work" is ${concurrency}; give a whole number from 1 to 1,000.`,
    }),
  );
});
