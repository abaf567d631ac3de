import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { systemClock } from './system-clock.js';

const day = 24 * 3_600_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it.each([
  ['in a second', 1_000],
  ['later than a timer can wait', 60 * day],
])('runs an action once, at its time: %s', (_, delayMs) => {
  let runs = 0;
  systemClock.schedule(systemClock.now() + delayMs, () => (runs += 1));
  jest.advanceTimersByTime(delayMs - 1);
  expect(runs).toBe(0);
  jest.advanceTimersByTime(1);
  expect(runs).toBe(1);
  jest.advanceTimersByTime(60 * day);
  expect(runs).toBe(1);
});

it('runs at once what is overdue', () => {
  let runs = 0;
  systemClock.schedule(systemClock.now() - day, () => (runs += 1));
  jest.advanceTimersByTime(0);
  expect(runs).toBe(1);
});

it.each([1_000, 60 * day])('can cancel an action %i ms away, until it runs', (delayMs) => {
  let runs = 0;
  const cancel = systemClock.schedule(systemClock.now() + delayMs, () => (runs += 1));
  jest.advanceTimersByTime(delayMs - 1);
  cancel();
  expect(jest.getTimerCount()).toBe(0);
  jest.advanceTimersByTime(60 * day);
  expect(runs).toBe(0);
});
