import { describe, expect, it } from '@jest/globals';
import { parseResource } from '../admin/atom/resource.js';
import { parseAddress, trimSlashes } from './entity-path.js';

describe('an address', () => {
  const dead = { entity: 'a/b', subQueue: 'deadLetters', management: true };
  it.each([
    ['a/b/$DeadLetterQueue/$management', dead],
    ['/a/b/$deadletterqueue/$Management', dead],
    ['amqps://host.example:5671/a/b/$DeadLetterQueue/$management', dead],
    ['amqp://host//a/b/%24DeadLetterQueue/$management?timeout=5', dead],
    ['sb://host/a/b/$DeadLetterQueue/$management', dead],
    ['amqps://host', { entity: '', subQueue: 'main', management: false }],
    ['amqps://host/100%', { entity: '100%', subQueue: 'main', management: false }],
    ['https://host/a', { entity: 'https://host/a', subQueue: 'main', management: false }],
  ])('%s', (address, parsed) => expect(parseAddress(address)).toEqual(parsed));
});

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
