import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { InFlight } from './in-flight.js';

/** Runs a delivery that is settled when the test says so. */
function begin(inFlight: InFlight) {
  const settled = Promise.withResolvers<void>();
  let signal: AbortSignal | undefined;
  void inFlight.run((running) => {
    signal = running.signal;
    return settled.promise;
  });
  return { settle: settled.resolve, isAborted: () => signal?.aborted };
}

function drain(inFlight: InFlight, drainTimeoutMs: number, clock: ManualClock) {
  const state = { isDone: false };
  void inFlight.drain(drainTimeoutMs, clock).then(() => (state.isDone = true));
  return state;
}

describe('deliveries in flight', () => {
  it('are counted, and waited for to the last', async () => {
    const [inFlight, clock] = [new InFlight(), new ManualClock()];
    const [one, two] = [begin(inFlight), begin(inFlight)];
    expect(inFlight.size).toBe(2);
    const [first, second] = [drain(inFlight, 1_000, clock), drain(inFlight, 1_000, clock)];
    one.settle();
    await clock.advance(0);
    expect([inFlight.size, first.isDone, second.isDone]).toEqual([1, false, false]);
    two.settle();
    await clock.advance(0);
    expect([inFlight.size, first.isDone, second.isDone]).toEqual([0, true, true]);
  });

  it('are not waited for when there are none', async () => {
    const clock = new ManualClock();
    const drained = drain(new InFlight(), 1_000, clock);
    await clock.advance(0);
    expect(drained.isDone).toBe(true);
  });

  it('are released when the timeout has passed, not before, and then waited for until they are settled', async () => {
    const [inFlight, clock] = [new InFlight(), new ManualClock()];
    const [slow, quick] = [begin(inFlight), begin(inFlight)];
    const drained = drain(inFlight, 1_000, clock);
    await clock.advance(999);
    quick.settle();
    await clock.advance(0);
    expect([slow.isAborted(), drained.isDone]).toEqual([false, false]);
    await clock.advance(1);
    expect([slow.isAborted(), quick.isAborted(), drained.isDone]).toEqual([true, false, false]);
    slow.settle();
    await clock.advance(0);
    expect(drained.isDone).toBe(true);
  });

  it('that begin after a stop that was patient enough are not released by it', async () => {
    const [inFlight, clock] = [new InFlight(), new ManualClock()];
    const first = begin(inFlight);
    drain(inFlight, 1_000, clock);
    first.settle();
    await clock.advance(0);
    const later = begin(inFlight);
    await clock.advance(10_000);
    expect(later.isAborted()).toBe(false);
  });
});
