import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { AttachPauses } from './attach-pauses.js';

const longestMs = 2_000;

let clock: ManualClock;
let pauses: AttachPauses;
const { signal } = new AbortController();
beforeEach(() => {
  clock = new ManualClock();
  pauses = new AttachPauses(clock, longestMs);
});

/** How long the next attempt has to wait, in milliseconds. */
async function pause(): Promise<number> {
  const begun = clock.elapsed();
  const turn = pauses.next(signal);
  while (await clock.advanceToNext(Infinity));
  await turn;
  return clock.elapsed() - begun;
}

/** Each with the half of it that is left to chance. */
async function expectPauses(...longest: readonly number[]): Promise<void> {
  for (const ms of longest) {
    const taken = await pause();
    expect(taken).toBeGreaterThanOrEqual(ms / 2);
    expect(taken).toBeLessThanOrEqual(ms);
  }
}

describe('attempts to attach', () => {
  it('begin at once, then after pauses that double up to the longest', async () => {
    await expectPauses(0, 250, 500, 1_000, 2_000, 2_000, 2_000);
  });

  it('wait from the beginning of the one before', async () => {
    await expectPauses(0, 250, 500);
    await clock.advance(1_000);
    await expectPauses(0, 2_000);
  });

  it.each([
    ['after one that succeeded', async () => pauses.succeeded()],
    ['after one that held for longer than the longest pause', () => clock.advance(2 * longestMs + 1)],
  ])('begin at once again %s', async (_, hold) => {
    await expectPauses(0, 250, 500, 1_000, 2_000);
    await hold();
    await expectPauses(0, 250, 500);
  });

  it('take turns when two series of them wait', async () => {
    await pause();
    let begun = 0;
    for (let series = 0; series < 2; series += 1) void pauses.next(signal).then(() => (begun += 1));
    await clock.advance(250);
    expect(begun).toBe(1);
    await clock.advance(500);
    expect(begun).toBe(2);
  });

  it('are not waited for by who stops', async () => {
    await pause();
    const stop = new AbortController();
    const turn = pauses.next(stop.signal);
    stop.abort();
    await turn;
    expect(clock.pending).toBe(0);
  });
});
