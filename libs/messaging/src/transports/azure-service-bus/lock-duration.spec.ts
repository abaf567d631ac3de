import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { LockDuration } from './lock-duration.js';

const minute = 60_000;

/** A message that waited in its queue before it was locked, by a broker whose clock is `aheadMs` ahead of ours. */
function received(clock: ManualClock, lockMs: number, { aheadMs = 0, waitedMs = 0 } = {}): ServiceBusReceivedMessage {
  const brokerNow = clock.now() + aheadMs;
  const times = { lockedUntilUtc: new Date(brokerNow + lockMs), enqueuedTimeUtc: new Date(brokerNow - waitedMs) };
  return times as ServiceBusReceivedMessage;
}

describe('the duration of a lock', () => {
  it.each([
    ['the clocks agree', 0],
    ['ours is a minute behind', minute],
    ['ours is a minute ahead', -minute],
    ['ours is an hour ahead', -60 * minute],
  ])('is known when %s', (_, aheadMs) => {
    const clock = new ManualClock();
    expect(new LockDuration(clock).of(received(clock, minute, { aheadMs }))).toMatchObject({
      durationMs: minute,
      renewEveryMs: minute / 2,
    });
  });

  it('is what was declared, whatever the clocks say', () => {
    const clock = new ManualClock();
    const locks = new LockDuration(clock, 30_000);
    for (const aheadMs of [-minute, 0, minute]) {
      const time = locks.of(received(clock, 30_000, { aheadMs, waitedMs: 10 * minute }));
      expect(time).toMatchObject({ durationMs: 30_000, renewEveryMs: 15_000 });
    }
  });

  it('is found in a backlog too when the clocks agree', () => {
    const clock = new ManualClock();
    const locks = new LockDuration(clock);
    expect(locks.of(received(clock, 30_000, { waitedMs: 60 * minute })).durationMs).toBe(30_000);
  });

  it('is renewed as if it were the usual minute where a backlog and a clock that is behind hide it', () => {
    const clock = new ManualClock();
    const time = new LockDuration(clock).of(received(clock, minute, { aheadMs: minute, waitedMs: 60 * minute }));
    expect(time).toMatchObject({ firstRenewalMs: 30_000, renewEveryMs: 30_000 });
  });

  it('is renewed at once when it seems to be nearly over: the message may have waited on its way', () => {
    const clock = new ManualClock();
    const locks = new LockDuration(clock, minute);
    const late = received(clock, 2_000);
    expect(locks.of(late).firstRenewalMs).toBe(1_000);
    expect(locks.of(received(clock, -5_000)).firstRenewalMs).toBe(0);
  });

  it('is the shortest there is when little of that is missing, for a session too, which has arrived nowhere', () => {
    const clock = new ManualClock();
    const { lockedUntilUtc } = received(clock, 4_900);
    const time = new LockDuration(clock).of({ lockedUntilUtc } as ServiceBusReceivedMessage);
    expect(time).toMatchObject({ durationMs: 5_000, renewEveryMs: 2_500, firstRenewalMs: 2_450 });
  });

  it.each([
    [1, 5_000],
    [60 * minute, 5 * minute],
  ])('is never outside of what a queue can have: %d ms', (lockMs, expected) => {
    const clock = new ManualClock();
    expect(new LockDuration(clock).of(received(clock, lockMs)).durationMs).toBe(expected);
  });
});
