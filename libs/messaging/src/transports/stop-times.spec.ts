import { expect, it } from '@jest/globals';
import { stopTimes } from './stop-times.js';

it.each([
  [0, 1_000, 1_000],
  [500, 1_000, 1_000],
  [3_000, 3_000, 1_000],
  [20_000, 20_000, 4_000],
  [60_000, 60_000, 5_000],
])('a stop of %d ms ends after %d ms, and keeps the last %d ms for releases', (drainTimeoutMs, limitMs, graceMs) => {
  expect(stopTimes(drainTimeoutMs)).toEqual({ limitMs, graceMs });
});
