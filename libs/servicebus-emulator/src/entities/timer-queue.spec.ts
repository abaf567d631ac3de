import { describe, expect, it } from '@jest/globals';
import { type Timer, TimerQueue } from './timer-queue.js';

function timer(log: string[], name: string, then: (now: number) => void = () => undefined): Timer {
  return {
    dueAt: 0,
    heapIndex: -1,
    fire: (now) => {
      log.push(`${name}@${now}`);
      then(now);
    },
  };
}

describe('a timer queue', () => {
  it('lets things happen in order, each at its own moment, up to the given one and no further', () => {
    const timers = new TimerQueue();
    const log: string[] = [];
    for (const at of [70, 20, 50, 10, 60, 40, 30]) timers.schedule(timer(log, 'x'), at);
    timers.run(49);
    expect(log).toEqual(['x@10', 'x@20', 'x@30', 'x@40']);
    timers.run(50);
    expect(log.at(-1)).toBe('x@50');
    timers.run(1_000);
    expect([log.slice(-2), timers.size, timers.nextAt]).toEqual([['x@60', 'x@70'], 0, Infinity]);
  });

  it('is in order after things were moved both ways and taken out, wherever they were', () => {
    // Every one of nine is moved to the front, to the end and out, from every place.
    for (let which = 0; which < 9; which++) {
      for (const to of [5, 55, 95, undefined]) {
        const timers = new TimerQueue();
        const log: string[] = [];
        const all = [30, 10, 50, 70, 20, 90, 40, 80, 60].map((at) => {
          const one = timer(log, 'x');
          timers.schedule(one, at);
          return one;
        });
        const moved = all[which] as Timer;
        const from = moved.dueAt;
        if (to === undefined) timers.cancel(moved);
        else timers.schedule(moved, to);
        timers.run(100);
        const rest = [10, 20, 30, 40, 50, 60, 70, 80, 90].filter((at) => at !== from);
        const expected = to === undefined ? rest : [...rest, to].sort((a, b) => a - b);
        expect(log).toEqual(expected.map((at) => `x@${at}`));
      }
    }
  });

  it('is in order when what takes the place of one that was taken out belongs further up', () => {
    const timers = new TimerQueue();
    const log: string[] = [];
    // The last one, 4, comes to where 20 was: below 10.
    const all = [1, 10, 2, 20, 30, 3, 5, 25, 26, 31, 32, 7, 4].map((at) => {
      const one = timer(log, 'x');
      timers.schedule(one, at);
      return one;
    });
    timers.cancel(all[3] as Timer);
    timers.run(100);
    expect(log).toEqual([1, 2, 3, 4, 5, 7, 10, 25, 26, 30, 31, 32].map((at) => `x@${at}`));
  });

  it('takes things out once, and cancelling twice hurts nobody', () => {
    const timers = new TimerQueue();
    const log: string[] = [];
    const [a, b] = [timer(log, 'a'), timer(log, 'b')];
    timers.schedule(a, 1);
    timers.schedule(b, 2);
    timers.cancel(a);
    timers.cancel(a);
    expect([timers.size, timers.nextAt]).toEqual([1, 2]);
    timers.run(10);
    expect(log).toEqual(['b@2']);
  });

  it('goes on with what is planned while it runs, when that is due too', () => {
    const timers = new TimerQueue();
    const log: string[] = [];
    timers.schedule(
      timer(log, 'a', (now) => {
        timers.schedule(timer(log, 'b'), now + 1);
        timers.schedule(timer(log, 'c'), now + 100);
      }),
      10,
    );
    timers.run(20);
    expect([log, timers.nextAt]).toEqual([['a@10', 'b@11'], 110]);
  });

  it('lets no more happen at a time than it is told', () => {
    const timers = new TimerQueue();
    const log: string[] = [];
    for (const at of [1, 2, 3]) timers.schedule(timer(log, 'x'), at);
    timers.run(10, 2);
    expect([log.length, timers.nextAt]).toEqual([2, 3]);
  });

  it('says when its earliest moment has become earlier, and only then', () => {
    let told = 0;
    const timers = new TimerQueue(() => told++);
    const log: string[] = [];
    const first = timer(log, 'x');
    timers.schedule(first, 50);
    expect(told).toBe(1);
    timers.schedule(timer(log, 'x'), 60);
    timers.schedule(first, 55);
    expect(told).toBe(1);
    timers.schedule(timer(log, 'x'), 54);
    expect(told).toBe(2);
  });
});
