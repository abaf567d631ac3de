import { describe, expect, it } from '@jest/globals';
import { parseResource } from '../admin/atom/resource.js';
import { trimSlashes } from './entity-path.js';

describe('trimSlashes', () => {
  it.each([
    ['orders', 'orders'],
    ['/orders/', 'orders'],
    ['//a//b//', 'a//b'],
    ['///', ''],
    ['', ''],
  ])('makes %j %j', (path, trimmed) => expect(trimSlashes(path)).toBe(trimmed));
});

/** Microseconds of CPU. */
function cpuOf(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

it('reads a path that somebody else wrote in time that grows with its length', () => {
  for (const unit of ['/', '/subscriptions', '/subscriptions/', '/rules/']) {
    const path = (length: number) => `/a${unit.repeat(length / unit.length)}/\n`;
    const short = cpuOf(() => Array.from({ length: 16 }, () => parseResource(path(2_048))));
    const long = cpuOf(() => parseResource(path(32_768)));
    // The same number of characters; time that grows with the square would make it sixteen times as long.
    expect(long).toBeLessThan(4 * short + 50_000);
  }
});
