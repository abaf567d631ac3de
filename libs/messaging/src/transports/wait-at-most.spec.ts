import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { systemClock } from '../system-clock.js';
import { waitAtMost } from './wait-at-most.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it('waits for work, and keeps no timer when that is done', async () => {
  await waitAtMost(1_000, systemClock, Promise.resolve());
  expect(jest.getTimerCount()).toBe(0);
});

it('waits no longer than its time, whatever becomes of the work', async () => {
  const work = Promise.withResolvers<void>();
  let isDone = false;
  const waiting = waitAtMost(1_000, systemClock, work.promise).then(() => (isDone = true));
  await jest.advanceTimersByTimeAsync(999);
  expect(isDone).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  await waiting;
  work.reject(new Error('too late for anybody'));
  await jest.advanceTimersByTimeAsync(0);
});

it('passes on why work failed in time, and keeps no timer', async () => {
  await expect(waitAtMost(1_000, systemClock, Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(jest.getTimerCount()).toBe(0);
});
