import { describe, expect, it } from '@jest/globals';
import fc from '../testing/fast-check.js';
import { FOREVER } from '../entities/options.js';
import { formatDuration, parseDuration } from './duration.js';

describe('durations', () => {
  it.each([
    ['PT1M', 60_000],
    ['P14D', 14 * 86_400_000],
    ['P1DT2H3M4.5S', 93_784_500],
    ['PT0S', 0],
    ['PT1.001S', 1001],
    ['PT0.0009S', 0],
    ['PT90S', 90_000],
    ['-PT5S', -5000],
    ['P10675199DT2H48M5.4775807S', FOREVER],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', 'P', 'PT', 'P1DT', '1M', 'PT1', 'P1Y', 'P1M', 'P1W', 'PT1.S', 'pt1m', 'PT1M ', '60'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('come back from their text', () => {
    fc.assert(
      fc.property(fc.integer({ min: -FOREVER, max: FOREVER }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });

  it.each([
    [FOREVER, 'P10675199DT2H48M5.4775807S'],
    [0, 'PT0S'],
    [60_000, 'PT1M'],
    [86_400_000, 'P1D'],
    [90_061_001, 'P1DT1H1M1.001S'],
  ])('%d ms is written %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
