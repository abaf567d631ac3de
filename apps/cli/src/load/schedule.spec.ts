import { describe, expect, it } from '@jest/globals';
import { keepSchedule, type LoadClock, realClock } from './schedule.js';

/** Time that passes only by waiting, and when a test says so. */
class FakeClock implements LoadClock {
  time = 1_000_000;
  now = (): number => this.time;
  waitUntil = (time: number, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return Promise.reject(signal.reason);
    this.time = Math.max(this.time, time);
    return Promise.resolve();
  };
}

const never = new AbortController().signal;

describe('keepSchedule', () => {
  it('sends evenly at the rate', async () => {
    const clock = new FakeClock();
    const sent: [number, number, number][] = [];
    const send = (index: number, intendedAt: number): void => {
      sent.push([index, intendedAt - 1_000_000, clock.time - 1_000_000]);
    };
    await keepSchedule({ orders: 4, rate: 100 }, send, never, clock);
    expect(sent).toEqual([
      [0, 0, 0],
      [1, 10, 10],
      [2, 20, 20],
      [3, 30, 30],
    ]);
  });

  it('sends what fell due during a stall at once, meant for the time it was due', async () => {
    const clock = new FakeClock();
    const late: number[] = [];
    const send = (index: number, intendedAt: number): void => {
      late.push(clock.time - intendedAt);
      if (index === 1) clock.time += 35;
    };
    await keepSchedule({ orders: 7, rate: 100 }, send, never, clock);
    // Order 1 stalls until 45: orders 2, 3 and 4 were due at 20, 30 and 40.
    expect(late).toEqual([0, 0, 25, 15, 5, 0, 0]);
  });

  it('ends when it is asked to', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    let sent = 0;
    const send = (): void => {
      sent += 1;
      if (sent === 3) stop.abort(new Error('enough'));
    };
    await expect(keepSchedule({ orders: 1_000, rate: 10 }, send, stop.signal, clock)).rejects.toThrow('enough');
    expect(sent).toBe(3);
  });
});

describe('realClock', () => {
  it('knows the time of day, and waits until one', async () => {
    expect(Math.abs(realClock.now() - Date.now())).toBeLessThan(1_000);
    const time = realClock.now() + 5;
    await realClock.waitUntil(time, never);
    // Timers count whole milliseconds.
    expect(realClock.now()).toBeGreaterThanOrEqual(time - 1);
  });
});
