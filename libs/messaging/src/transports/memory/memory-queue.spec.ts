import { beforeEach, describe, expect, it } from '@jest/globals';
import { outgoing } from '../../testing/outgoing.js';
import { toNative } from '../../native-message.js';
import { MemoryQueue } from './memory-queue.js';
import type { Lock } from './stored-message.js';

const limits = { maxMessages: 3, lockDurationMs: 100, maxDeliveryCount: 3, duplicateDetectionWindowMs: 1_000 };
const native = (id: string) => toNative(outgoing(id).envelope);

describe('a queue in memory', () => {
  let queue: MemoryQueue;
  beforeEach(() => {
    queue = new MemoryQueue(limits);
  });

  const take = (now = 0): Lock => {
    const lock = queue.take(now);
    if (lock === undefined) throw new Error('Nothing is free.');
    return lock;
  };
  const idOf = ({ message }: Lock): string => message.native.messageId;

  it('counts what is ready, handed back, scheduled and locked against its bound, and no dead letters', () => {
    const sizes: [number, boolean][] = [];
    const look = (): void => void sizes.push([queue.size, queue.isFull]);
    queue.add(native('1'), 0);
    look();
    const scheduled = native('2');
    queue.schedule(scheduled);
    look();
    queue.add(native('3'), 0);
    look();
    const [one, three] = [take(), take()];
    look();
    queue.abandon(one);
    queue.deadLetter(three, { reason: 'Refused', detail: 'No.' });
    look();
    queue.activate(scheduled, 0);
    look();
    expect(sizes).toEqual([
      [1, false],
      [2, false],
      [3, true],
      [3, true],
      [2, false],
      [2, false],
    ]);
    expect([...queue.deadLetters.values()]).toMatchObject([{ sequence: 2, reason: 'Refused', detail: 'No.' }]);
  });

  it('hands out again what came back, in its old order and before what is new', () => {
    for (const id of ['1', '2', '3', '4']) queue.add(native(id), 0);
    const locks = [take(), take(), take()];
    for (const index of [1, 2, 0]) queue.abandon(locks[index] as Lock);
    expect([take(), take(), take(), take()].map(idOf)).toEqual(['1', '2', '3', '4']);
    expect(queue.take(0)).toBeUndefined();
  });

  it('settles a lock once, by its holder, until it has run out', () => {
    queue.add(native('m'), 0);
    const first = take(0);
    expect(queue.expireLocks(99)).toBe(false);
    expect(queue.renew(first, 99)).toBe(true);
    expect(queue.earliestExpiry()).toBe(199);
    expect(queue.expireLocks(198)).toBe(false);
    expect(queue.expireLocks(199)).toBe(true);
    const second = take(199);
    for (const settle of [
      () => queue.complete(first),
      () => queue.abandon(first),
      () => queue.deadLetter(first, { reason: 'Late', detail: '' }),
      () => queue.renew(first, 199),
    ]) {
      expect(settle()).toBe(false);
    }
    expect(queue.complete(second)).toBe(true);
    expect(queue.complete(second)).toBe(false);
    expect([queue.size, queue.deadLetters.size]).toEqual([0, 0]);
  });

  it('gives a message up after its last delivery, and not before', () => {
    queue.add(native('m'), 0);
    const counts: number[] = [];
    for (let deliveries = 0; deliveries < limits.maxDeliveryCount; deliveries += 1) {
      const lock = take();
      counts.push(lock.message.deliveryCount);
      queue.abandon(lock);
    }
    expect(counts).toEqual([0, 1, 2]);
    expect(queue.take(0)).toBeUndefined();
    expect([...queue.deadLetters.values()]).toMatchObject([
      { reason: 'MaxDeliveryCountExceeded', deliveryCount: 3, detail: expect.stringContaining('3 delivery attempts') },
    ]);
  });

  it('remembers a native id for its window, counted from the first', () => {
    expect(queue.isDuplicate('m', 0)).toBe(false);
    expect(queue.isDuplicate('m', 999)).toBe(true);
    expect(queue.isDuplicate('other', 999)).toBe(false);
    expect(queue.isDuplicate('m', 1_000)).toBe(false);
    expect(queue.isDuplicate('m', 1_500)).toBe(true);
  });

  it('says which lock runs out first', () => {
    expect(queue.earliestExpiry()).toBeUndefined();
    for (const id of ['1', '2']) queue.add(native(id), 0);
    const one = take(0);
    take(50);
    expect(queue.earliestExpiry()).toBe(100);
    queue.renew(one, 80);
    expect(queue.earliestExpiry()).toBe(150);
  });
});
