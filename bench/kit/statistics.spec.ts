import { median, percentile } from './statistics.js';

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 3],
  [[], Number.NaN],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

it('a percentile is one of the values, whatever their order', () => {
  const values = Array.from({ length: 100 }, (_, n) => 99 - n);
  expect([percentile(values, 0), percentile(values, 0.99), percentile(values, 1)]).toEqual([0, 99, 99]);
});
