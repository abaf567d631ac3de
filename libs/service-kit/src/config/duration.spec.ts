import { expect, it } from '@jest/globals';
import { parseDuration } from './duration.js';

it.each([
  ['500', 500],
  ['500ms', 500],
  ['1.5s', 1_500],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['PT1S', 1_000],
  ['PT1M30S', 90_000],
  ['PT2H', 7_200_000],
  ['PT0.25S', 250],
  ['PT', undefined],
  ['1S', undefined],
  ['-1s', undefined],
  ['', undefined],
  ['soon', undefined],
])('%p is %p ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});
