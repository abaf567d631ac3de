import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Clock } from './clock.js';

const MINUTE = 60_000;

let clock: Clock;
let fired: [name: string, at: number][];
let start: number;

beforeEach(() => {
  jest.useFakeTimers();
  fired = [];
  clock = new Clock((error) => {
    throw error;
  });
  clock.start();
  start = clock.now();
});
afterEach(() => {
  clock.close();
  jest.useRealTimers();
});

const timer = (name: string) => ({
  dueAt: 0,
  heapIndex: -1,
  fire: () => void fired.push([name, clock.now() - start]),
});

describe('the clock', () => {
  it('sets one alarm, however many timers come and go', () => {
    const alarms = jest.spyOn(globalThis, 'setTimeout');
    for (let i = 0; i < 100; i++) {
      const lock = timer('lock');
      clock.timers.schedule(lock, clock.now() + MINUTE);
      jest.advanceTimersByTime(10);
      clock.timers.cancel(lock);
    }
    expect(alarms).toHaveBeenCalledTimes(1);
  });

  it('fires each at its moment, also what was scheduled before an alarm for nothing', () => {
    const gone = timer('gone');
    clock.timers.schedule(gone, start + MINUTE);
    clock.timers.cancel(gone);
    clock.timers.schedule(timer('later'), start + 2 * MINUTE);
    clock.timers.schedule(timer('sooner'), start + MINUTE / 2);
    jest.advanceTimersByTime(3 * MINUTE);
    expect(fired).toEqual([
      ['sooner', MINUTE / 2],
      ['later', 2 * MINUTE],
    ]);
  });

  it('fires at its moment what was due later, after it was advanced', () => {
    clock.timers.schedule(timer('a'), start + 10 * MINUTE);
    clock.advance(9 * MINUTE);
    jest.advanceTimersByTime(MINUTE);
    expect(fired).toEqual([['a', 10 * MINUTE]]);
  });

  it('waits as long as it must, in as many alarms as that takes', () => {
    const MONTHS = 90 * 24 * 60 * MINUTE;
    clock.timers.schedule(timer('a'), start + MONTHS);
    jest.advanceTimersByTime(MONTHS - 1);
    expect(fired).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(fired).toEqual([['a', MONTHS]]);
  });
});
