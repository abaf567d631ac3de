import { expect, it } from '@jest/globals';
import { isReleasedAsCopy } from './release-as-copy.js';

it.each([
  [0, 10, false],
  [4, 10, false],
  [5, 10, true],
  [9, 10, true],
  [4, 1_000, false],
  [5, 1_000, true],
  [2, 6, false],
  [3, 6, true],
  [0, 4, false],
  [1, 4, true],
  [0, 3, true],
  [0, 1, true],
])('after %d deliveries of at most %d a release is a copy: %s', (deliveryCount, maxDeliveryCount, expected) => {
  expect(isReleasedAsCopy(deliveryCount, maxDeliveryCount)).toBe(expected);
});
