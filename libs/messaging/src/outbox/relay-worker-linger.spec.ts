import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { emptyBatch as nothing } from './batch-result.js';
import { RelayWorker } from './relay-worker.js';

let clock: ManualClock;
let errors: unknown[];
let outages: unknown[];
/** When each batch began. */
let begun: number[];

beforeEach(() => {
  clock = new ManualClock(0);
  errors = [];
  outages = [];
  begun = [];
});

describe('a relay worker that lingers', () => {
  /** Its batches take as long as given each, and send something. */
  function lingering(lingerMaxMs: number, ...tookMs: readonly number[]): RelayWorker {
    const left = [...tookMs];
    return new RelayWorker({
      clock,
      lingerMaxMs,
      sendBatch: async () => {
        begun.push(clock.now());
        await new Promise<void>((resolve) => clock.schedule(clock.now() + (left.shift() ?? 0), resolve));
        return { ...nothing, read: 1, sent: 1 };
      },
      pauseMs: () => 1_000,
      onOutage: (error) => outages.push(error),
      onError: (error) => errors.push(error),
    });
  }

  it('sends at once when it was idle, and waits twice as long as the batch before took', async () => {
    const one = lingering(50, 5, 5);
    one.wake();
    await clock.advance(5);
    one.wake();
    await clock.advance(9);
    one.wake();
    expect(begun).toEqual([0]);
    await clock.advance(1);
    expect(begun).toEqual([0, 15]);
    await clock.advance(100);
    one.wake();
    expect(begun).toEqual([0, 15, 115]);
    expect(errors).toEqual([]);
  });

  it('takes what is added during a batch along with the next one', async () => {
    const one = lingering(50, 5);
    one.wake();
    await clock.advance(2);
    one.wake();
    await clock.advance(12);
    expect(begun).toEqual([0]);
    await clock.advance(1);
    expect(begun).toEqual([0, 15]);
  });

  /** How far apart the batches of a relay are that may linger for 50 ms, when something is committed so often. */
  async function whileCommitting(messages: number, ...turns: readonly (readonly [everyMs: number, times: number])[]) {
    let waiting = 0;
    const one = new RelayWorker({
      clock,
      lingerMaxMs: 50,
      // Takes no time, so that each commit would leave at once.
      sendBatch: async () => {
        begun.push(clock.now());
        const sent = waiting;
        waiting = 0;
        return { ...nothing, read: sent, sent };
      },
      pauseMs: () => 1_000,
      onOutage: (error) => outages.push(error),
      onError: (error) => errors.push(error),
    });
    const gaps: (readonly number[])[] = [];
    for (const [everyMs, times] of turns) {
      begun = [];
      for (let n = 0; n < times; n += 1) {
        waiting += messages;
        one.wake();
        await clock.advance(everyMs);
      }
      await clock.advance(1_000);
      gaps.push(begun.slice(1).map((at, n) => at - (begun[n] ?? 0)));
    }
    return gaps;
  }

  it('waits as long as it may while several commits come in that time, and no more when they become fewer', async () => {
    const [often = [], seldom = []] = await whileCommitting(1, [5, 100], [100, 5]);
    expect(often.slice(0, 5)).toEqual([5, 5, 5, 5, 5]);
    expect(often.slice(-3)).toEqual([50, 50, 50]);
    expect(seldom).toEqual([100, 100, 100, 100]);
  });

  it('does not wait for more where many messages come with each of a few commits', async () => {
    const [gaps = []] = await whileCommitting(10, [20, 60]);
    expect(new Set(gaps)).toEqual(new Set([20]));
  });

  it('waits no longer than it may', async () => {
    const one = lingering(50, 400);
    one.wake();
    await clock.advance(400);
    one.wake();
    expect(one.isAsleep).toBe(false);
    await clock.advance(49);
    expect(begun).toEqual([0]);
    await clock.advance(1);
    expect(begun).toEqual([0, 450]);
  });

  it('does not send after it was stopped', async () => {
    const one = lingering(50, 10);
    one.wake();
    await clock.advance(10);
    one.wake();
    await one.stop();
    await clock.advance(1_000);
    expect(begun).toEqual([0]);
  });
});
