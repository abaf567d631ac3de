import { describe, expect, it } from '@jest/globals';
import { type Due, Timeline } from './timeline.js';

function due(log: string[], name: string, then: (now: number) => void = () => undefined): Due {
  return {
    dueAt: 0,
    heapIndex: -1,
    onDue: (now) => {
      log.push(`${name}@${now}`);
      then(now);
    },
  };
}

describe('a timeline', () => {
  it('lets things happen in order, each at its own moment, up to the given one and no further', () => {
    const timeline = new Timeline();
    const log: string[] = [];
    for (const at of [70, 20, 50, 10, 60, 40, 30]) timeline.schedule(due(log, 'x'), at);
    timeline.run(49);
    expect(log).toEqual(['x@10', 'x@20', 'x@30', 'x@40']);
    timeline.run(50);
    expect(log.at(-1)).toBe('x@50');
    timeline.run(1_000);
    expect([log.slice(-2), timeline.size, timeline.nextAt]).toEqual([['x@60', 'x@70'], 0, Infinity]);
  });

  it('is in order after things were moved both ways and taken out, wherever they were', () => {
    // Every one of nine is moved to the front, to the end and out, from every place.
    for (let which = 0; which < 9; which++) {
      for (const to of [5, 55, 95, undefined]) {
        const timeline = new Timeline();
        const log: string[] = [];
        const all = [30, 10, 50, 70, 20, 90, 40, 80, 60].map((at) => {
          const one = due(log, 'x');
          timeline.schedule(one, at);
          return one;
        });
        const moved = all[which] as Due;
        const from = moved.dueAt;
        if (to === undefined) timeline.cancel(moved);
        else timeline.schedule(moved, to);
        timeline.run(100);
        const rest = [10, 20, 30, 40, 50, 60, 70, 80, 90].filter((at) => at !== from);
        const expected = to === undefined ? rest : [...rest, to].sort((a, b) => a - b);
        expect(log).toEqual(expected.map((at) => `x@${at}`));
      }
    }
  });

  it('is in order when what takes the place of one that was taken out belongs further up', () => {
    const timeline = new Timeline();
    const log: string[] = [];
    // The last one, 4, comes to where 20 was: below 10.
    const all = [1, 10, 2, 20, 30, 3, 5, 25, 26, 31, 32, 7, 4].map((at) => {
      const one = due(log, 'x');
      timeline.schedule(one, at);
      return one;
    });
    timeline.cancel(all[3] as Due);
    timeline.run(100);
    expect(log).toEqual([1, 2, 3, 4, 5, 7, 10, 25, 26, 30, 31, 32].map((at) => `x@${at}`));
  });

  it('takes things out once, and cancelling twice hurts nobody', () => {
    const timeline = new Timeline();
    const log: string[] = [];
    const [a, b] = [due(log, 'a'), due(log, 'b')];
    timeline.schedule(a, 1);
    timeline.schedule(b, 2);
    timeline.cancel(a);
    timeline.cancel(a);
    expect([timeline.size, timeline.nextAt]).toEqual([1, 2]);
    timeline.run(10);
    expect(log).toEqual(['b@2']);
  });

  it('goes on with what is planned while it runs, when that is due too', () => {
    const timeline = new Timeline();
    const log: string[] = [];
    timeline.schedule(
      due(log, 'a', (now) => {
        timeline.schedule(due(log, 'b'), now + 1);
        timeline.schedule(due(log, 'c'), now + 100);
      }),
      10,
    );
    timeline.run(20);
    expect([log, timeline.nextAt]).toEqual([['a@10', 'b@11'], 110]);
  });

  it('lets no more happen at a time than it is told', () => {
    const timeline = new Timeline();
    const log: string[] = [];
    for (const at of [1, 2, 3]) timeline.schedule(due(log, 'x'), at);
    timeline.run(10, 2);
    expect([log.length, timeline.nextAt]).toEqual([2, 3]);
  });

  it('says when its earliest moment has become earlier, and only then', () => {
    let told = 0;
    const timeline = new Timeline(() => told++);
    const log: string[] = [];
    const first = due(log, 'x');
    timeline.schedule(first, 50);
    expect(told).toBe(1);
    timeline.schedule(due(log, 'x'), 60);
    timeline.schedule(first, 55);
    expect(told).toBe(1);
    timeline.schedule(due(log, 'x'), 54);
    expect(told).toBe(2);
  });
});
