import { expect, it } from '@jest/globals';
import { onOneLine } from './one-line.js';

it.each([
  ['one line', 'one line'],
  ['two \n  lines', 'two lines'],
  ['far\r\n\n\n\tapart\n', 'far apart'],
  ['', ''],
])('%j is %j on one line', (text, line) => expect(onOneLine(text)).toBe(line));

/** Microseconds of CPU. */
function cpuOf(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

it('takes time in proportion to the white space of an error that somebody else wrote', () => {
  const spaces = (count: number) => `a${' '.repeat(count)}b`;
  const short = cpuOf(() => Array.from({ length: 16 }, () => onOneLine(spaces(2_048))));
  const long = cpuOf(() => onOneLine(spaces(32_768)));
  // The same number of characters; time that grows with the square would make it sixteen times as long.
  expect(long).toBeLessThan(4 * short + 50_000);
});
