import { expect, it } from '@jest/globals';
import { Deadlines } from './deadlines.js';
import { ManualClock } from './testing/manual-clock.js';

function setUp() {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, 1_000);
  const ran: string[] = [];
  const plan = (name: string): (() => void) => {
    const deadline = deadlines.plan(() => ran.push(name));
    return () => deadlines.takeBack(deadline);
  };
  return { clock, deadlines, ran, plan };
}

it('runs each action at its time, with one timer', async () => {
  const { clock, ran, plan } = setUp();
  plan('first');
  await clock.advance(400);
  plan('second');
  expect(clock.pending).toBe(1);
  await clock.advance(599);
  expect(ran).toEqual([]);
  await clock.advance(1);
  expect([ran, clock.pending]).toEqual([['first'], 1]);
  await clock.advance(400);
  expect([ran, clock.pending]).toEqual([['first', 'second'], 0]);
});

it('runs nothing that was taken back, and keeps no timer for nobody', async () => {
  const { clock, ran, plan } = setUp();
  const [first, second] = [plan('first'), plan('second')];
  first();
  first();
  await clock.advance(1_000);
  expect(ran).toEqual(['second']);
  second();
  plan('third')();
  expect(clock.pending).toBe(0);
});

it('takes what its actions plan and take back', async () => {
  const { clock, deadlines, ran, plan } = setUp();
  let takeBack = (): void => {};
  deadlines.plan(() => {
    ran.push('first');
    takeBack();
    plan('later');
  });
  takeBack = plan('taken back');
  await clock.advance(500);
  plan('between');
  await clock.advance(500);
  expect(ran).toEqual(['first']);
  await clock.advance(500);
  expect(ran).toEqual(['first', 'between']);
  await clock.advance(500);
  expect([ran, clock.pending]).toEqual([['first', 'between', 'later'], 0]);
});

it('is not moved by whoever sets the time of the machine', async () => {
  const { clock, ran, plan } = setUp();
  plan('first');
  clock.set(-3_600_000);
  await clock.advance(1_000);
  expect(ran).toEqual(['first']);
});
