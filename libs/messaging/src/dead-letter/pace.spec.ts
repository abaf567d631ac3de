import { expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { Pace } from './pace.js';

const letters = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Takes steps as they come; `workMs` is what each of them takes. Answers when each came and how many letters it had. */
function follow(pace: Pace, clock: ManualClock, count: number, workMs = 0) {
  const steps: (readonly [atMs: number, size: number])[] = [];
  const run = async (): Promise<void> => {
    for await (const step of pace.steps(letters(count))) {
      steps.push([clock.elapsed(), step.length]);
      if (workMs > 0) await new Promise<void>((resolve) => clock.schedule(clock.now() + workMs, resolve));
    }
  };
  return { steps, ended: run() };
}

it.each([
  [
    1,
    3,
    [
      [0, 1],
      [1_000, 1],
      [2_000, 1],
    ],
  ],
  [
    100,
    6,
    [
      [0, 2],
      [20, 2],
      [40, 2],
    ],
  ],
  [
    1_000,
    50,
    [
      [0, 20],
      [20, 20],
      [40, 10],
    ],
  ],
  [
    10_000,
    300,
    [
      [0, 200],
      [20, 100],
    ],
  ],
])('sends at %d a second a few at a time', async (rate, count, expected) => {
  const clock = new ManualClock();
  const { steps, ended } = follow(new Pace({ rate }, clock), clock, count);
  await clock.advance(60_000);
  await ended;
  expect(steps).toEqual(expected);
});

it('gives all at once without a rate', async () => {
  const clock = new ManualClock();
  const { steps, ended } = follow(new Pace({}, clock), clock, 1_000);
  await ended;
  expect(steps).toEqual([[0, 1_000]]);
});

it('makes up for steps that take their time', async () => {
  const clock = new ManualClock();
  const { steps, ended } = follow(new Pace({ rate: 100 }, clock), clock, 8, 15);
  await clock.advance(60_000);
  await ended;
  expect(steps.map(([at]) => at)).toEqual([0, 20, 40, 60]);
});

it('sends no more than a step at once after it was held up', async () => {
  const clock = new ManualClock();
  const pace = new Pace({ rate: 100 }, clock);
  await follow(pace, clock, 2).ended;
  await clock.advance(10_000);
  const { steps, ended } = follow(pace, clock, 8);
  await clock.advance(1_000);
  await ended;
  expect(steps.map(([at]) => at)).toEqual([10_000, 10_000, 10_020, 10_040]);
});

it('goes on with its pace from one call to the next', async () => {
  const clock = new ManualClock();
  const pace = new Pace({ rate: 10 }, clock);
  await follow(pace, clock, 1).ended;
  const { steps, ended } = follow(pace, clock, 1);
  await clock.advance(1_000);
  await ended;
  expect(steps).toEqual([[100, 1]]);
});

it('ends at once when it is told to while it waits, and leaves no timer', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const { steps, ended } = follow(new Pace({ rate: 1, signal: stop.signal }, clock), clock, 3);
  await clock.advance(500);
  stop.abort();
  await ended;
  expect([steps, clock.pending]).toEqual([[[0, 1]], 0]);
});

it.each([0, -1, NaN])('refuses %d as a rate', (rate) => {
  expect(() => new Pace({ rate }, new ManualClock())).toThrow(`A rate is above 0, not ${rate}.`);
});
