import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { type RenewableLock, LockRenewer } from './lock-renewer.js';

const minute = 60_000;

/** A lock of one minute whose renewals the test can read and make fail. */
class ScriptedLock implements RenewableLock {
  readonly renewedAt: number[] = [];
  readonly lockedUntil: number;
  lost = 0;
  failure: 'none' | 'transient' | 'gone' = 'none';
  readonly #clock: ManualClock;
  readonly #start: number;

  constructor(clock: ManualClock) {
    this.#clock = clock;
    this.#start = clock.now();
    this.lockedUntil = clock.now() + minute;
  }

  async renew(): Promise<number> {
    this.renewedAt.push(this.#clock.now() - this.#start);
    if (this.failure !== 'none') throw new Error(this.failure);
    return this.#clock.now() + minute;
  }

  isGone(error: unknown): boolean {
    return (error as Error).message === 'gone';
  }

  onLost(): void {
    this.lost += 1;
  }
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

  it('renews at once what seems to have run out, as when clocks disagree', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    renewer.keep({
      lockedUntil: clock.now() - 10 * minute,
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
        lockedUntil: clock.now() + ms,
        renew: async () => {
          renewedAt.push(name);
          return clock.now() + 10 * minute;
        },
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

  it('takes no lock for longer than five minutes: clocks may disagree', async () => {
    const clock = new ManualClock();
    const renewer = new LockRenewer(clock);
    const lock = new ScriptedLock(clock);
    renewer.keep({
      lockedUntil: clock.now() + 600 * minute,
      renew: () => lock.renew(),
      isGone: () => false,
      onLost: () => lock.onLost(),
    });
    await clock.advance(2.5 * minute);
    expect(lock.renewedAt).toEqual([2.5 * minute]);
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
      lockedUntil: lock.lockedUntil,
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
