import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { delayedRoute, delayLevels, deliveryExchange, levelsFor, queueTarget } from './delays.js';

/** Walks a message through the levels as the broker would; the time it waited, and the exchange it ended in. */
function walk(delayMs: number, count: number): { readonly waitedMs: number; readonly end: string } {
  const route = delayedRoute(delayMs, queueTarget('work'), count);
  if (route === undefined) throw new Error('No route.');
  const bits = route.routingKey.split('.');
  let waitedMs = 0;
  let exchange = route.exchange;
  for (const level of [...delayLevels(count)].reverse()) {
    if (exchange !== level.name) continue;
    if (bits[level.waits.split('.').indexOf('1')] === '1') waitedMs += level.timeToLiveMs;
    exchange = level.next;
  }
  return { waitedMs, end: exchange };
}

it('makes every delay of whole seconds from the queues it passes through, and rounds others up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 604_800_000 }), (delayMs) => {
      const { waitedMs, end } = walk(delayMs, levelsFor(604_800_000));
      expect(end).toBe(deliveryExchange);
      expect(waitedMs).toBe(Math.ceil(delayMs / 1_000) * 1_000);
    }),
  );
});

it('refuses a delay that is longer than its queues can make, and no other', () => {
  const count = levelsFor(604_800_000);
  expect(count).toBe(20);
  expect(delayedRoute(604_800_000, 'queue.work', count)).toBeDefined();
  expect(delayedRoute(2 ** 20 * 1_000, 'queue.work', count)).toBeUndefined();
});

it('makes one word of every name, so that no queue gets what is for another', () => {
  for (const name of ['new.orders', 'a*b', '#', 'ä ö', 'a%2Eb']) expect(queueTarget(name).split('.')).toHaveLength(2);
  expect(queueTarget('a.b')).not.toBe(queueTarget('a%2Eb'));
});
