import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import type { LockTime } from './lock-duration.js';
import { type RenewableLock, LockRenewer } from './lock-renewer.js';

const minute = 60_000;

/** A lock of one minute whose renewals the test can read and make fail. */
class ScriptedLock implements RenewableLock {
  readonly renewedAt: number[] = [];
  readonly durationMs = minute;
  readonly firstRenewalMs = minute / 2;
  readonly renewEveryMs = minute / 2;
  lost = 0;
  failure: 'none' | 'transient' | 'gone' = 'none';
  readonly #clock: ManualClock;
  readonly #start: number;

  constructor(clock: ManualClock) {
    this.#clock = clock;
    this.#start = clock.elapsed();
  }

  async renew(): Promise<void> {
    this.renewedAt.push(this.#clock.elapsed() - this.#start);
    if (this.failure !== 'none') throw new Error(this.failure);
  }

  isGone(error: unknown): boolean {
    return (error as Error).message === 'gone';
  }

  onLost(): void {
    this.lost += 1;
  }
}

function timeOf({ durationMs, firstRenewalMs, renewEveryMs }: ScriptedLock): LockTime {
  return { durationMs, firstRenewalMs, renewEveryMs };
}

describe('the lock renewer', () => {
  it('renews each lock half-way, for as long as it is kept', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    const letGo = renewer.keep(lock);
    await clock.advance(100_000);
    expect(lock.renewedAt).toEqual([30_000, 60_000, 90_000]);
    letGo();
    await clock.advance(10 * minute);
    expect(lock.renewedAt).toHaveLength(3);
    expect(lock.lost).toBe(0);
  });

  it('arms one timer for all locks taken at about the same time', async () => {
    const clock = new ManualClock();
    let armed = 0;
    const counting = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      schedule(at: number, action: () => void) {
        armed += 1;
        return clock.schedule(at, action);
      },
    };
    const renewer = new LockRenewer(counting);
    const locks = Array.from({ length: 1_000 }, () => new ScriptedLock(clock));
    for (const lock of locks) renewer.keep(lock);
    expect(armed).toBe(1);
    await clock.advance(30_000);
    expect(locks.every(({ renewedAt }) => renewedAt.length === 1)).toBe(true);
    expect(armed).toBe(2);
    renewer.close();
  });

  it('renews locks taken at different times each in time', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const early = new ScriptedLock(clock);
    renewer.keep(early);
    await clock.advance(20_000);
    const late = new ScriptedLock(clock);
    renewer.keep(late);
    await clock.advance(30_000);
    expect([early.renewedAt, late.renewedAt]).toEqual([[30_000], [30_000]]);
    renewer.close();
  });

  it('tries again after a failure, until the lock has run out', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    lock.failure = 'transient';
    renewer.keep(lock);
    await clock.advance(59_000);
    expect(lock.lost).toBe(0);
    expect(lock.renewedAt.length).toBeGreaterThan(10);
    await clock.advance(1_000);
    expect(lock.lost).toBe(1);
    const tries = lock.renewedAt.length;
    await clock.advance(minute);
    expect(lock.renewedAt).toHaveLength(tries);
    expect(lock.lost).toBe(1);
  });

  it('survives a failure that passes', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    lock.failure = 'transient';
    renewer.keep(lock);
    await clock.advance(40_000);
    lock.failure = 'none';
    await clock.advance(10 * minute);
    expect(lock.lost).toBe(0);
    renewer.close();
  });

  it('reports at once that the lock is gone when the broker says so', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    lock.failure = 'gone';
    renewer.keep(lock);
    await clock.advance(30_000);
    expect(lock.lost).toBe(1);
    expect(lock.renewedAt).toHaveLength(1);
  });

  it('renews at once what seems to run out, as when clocks disagree', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    renewer.keep({
      durationMs: minute,
      firstRenewalMs: 0,
      renewEveryMs: minute / 2,
      renew: () => lock.renew(),
      isGone: () => false,
      onLost: () => lock.onLost(),
    });
    await clock.advance(0);
    expect(lock.renewedAt).toEqual([0]);
    expect(lock.lost).toBe(0);
    renewer.close();
  });

  it('goes on renewing the others when one of those renewed together is let go', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const [one, two] = [new ScriptedLock(clock), new ScriptedLock(clock)];
    renewer.keep(one)();
    renewer.keep(two);
    const letGo = renewer.keep(one);
    letGo();
    await clock.advance(30_000);
    expect([one.renewedAt, two.renewedAt]).toEqual([[], [30_000]]);
    renewer.close();
  });

  it('renews a shorter lock that comes later first', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const renewedAt: string[] = [];
    const keep = (name: string, ms: number) =>
      renewer.keep({
        durationMs: 10 * minute,
        firstRenewalMs: ms / 2,
        renewEveryMs: 5 * minute,
        renew: async () => void renewedAt.push(name),
        isGone: () => false,
        onLost: () => renewedAt.push(`${name} lost`),
      });
    keep('c', 60_000);
    keep('a', 20_000);
    keep('d', 80_000);
    keep('b', 40_000);
    await clock.advance(40_000);
    expect(renewedAt).toEqual(['a', 'b', 'c', 'd']);
    renewer.close();
  });

  it('loses a lock when its time is over, not when a renewal that hangs returns', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    const answer = Promise.withResolvers<void>();
    let asked = 0;
    renewer.keep({
      ...timeOf(lock),
      renew: () => {
        asked += 1;
        return answer.promise;
      },
      isGone: () => false,
      onLost: () => lock.onLost(),
    });
    await clock.advance(59_999);
    expect([asked, lock.lost]).toEqual([1, 0]);
    await clock.advance(1);
    expect(lock.lost).toBe(1);
    answer.resolve();
    await clock.advance(10 * minute);
    expect([asked, lock.lost]).toEqual([1, 1]);
    expect(clock.pending).toBe(0);
  });

  it('counts a renewal from when it was asked for, not from when it was answered', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    renewer.keep({
      ...timeOf(lock),
      renew: () => answers[asked++]?.promise ?? Promise.reject(new Error('not expected')),
      isGone: () => false,
      onLost: () => lock.onLost(),
    });
    await clock.advance(50_000);
    answers[0]?.resolve();
    // Asked for at 30 s, so it lasts until 90 s.
    await clock.advance(39_500);
    expect([asked, lock.lost]).toEqual([2, 0]);
    await clock.advance(500);
    expect(lock.lost).toBe(1);
  });

  it.each([-10 * minute, 10 * minute])('keeps locks when the time of the machine is set by %d ms', async (ms) => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    renewer.keep(lock);
    await clock.advance(20_000);
    clock.set(ms);
    await clock.advance(80_000);
    expect([lock.renewedAt, lock.lost]).toEqual([[30_000, 60_000, 90_000], 0]);
    renewer.close();
  });

  it.each([
    ['succeeds', 'none'],
    ['fails', 'gone'],
  ] as const)('forgets a lock that is let go during a renewal, which then %s', async (_, failure) => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const answer = Promise.withResolvers<void>();
    const lock = new ScriptedLock(clock);
    lock.failure = failure;
    const letGo = renewer.keep({
      ...timeOf(lock),
      renew: () => answer.promise.then(() => lock.renew()),
      isGone: (error) => lock.isGone(error),
      onLost: () => lock.onLost(),
    });
    await clock.advance(30_000);
    letGo();
    answer.resolve();
    await clock.advance(10 * minute);
    expect(lock.renewedAt).toHaveLength(1);
    expect(lock.lost).toBe(0);
  });

  it('renews nothing any more once it was closed', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    renewer.keep(lock);
    renewer.close();
    expect(clock.pending).toBe(0);
    await clock.advance(10 * minute);
    expect(lock.renewedAt).toEqual([]);
    expect(lock.lost).toBe(0);
  });
});
