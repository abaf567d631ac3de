import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import type { BatchResult } from './send-batch.js';
import { RelayWorker } from './relay-worker.js';

const limit = 10;
const nothing: BatchResult = { read: 0, sent: 0, errors: [], outage: false };
const full: BatchResult = { ...nothing, read: limit, sent: limit };
const away: BatchResult = { ...nothing, errors: [new Error('away')], outage: true };

let clock: ManualClock;
let errors: unknown[];
let pauses: number[];
/** When each batch began. */
let begun: number[];

beforeEach(() => {
  clock = new ManualClock(0);
  errors = [];
  pauses = [];
  begun = [];
});

/** A worker whose batches end as given, and with nothing to send after that. Pauses last 1,000 ms a failure. */
function worker(...rounds: readonly (BatchResult | Error | Promise<BatchResult>)[]): RelayWorker {
  const left = [...rounds];
  return new RelayWorker({
    clock,
    limit,
    sendBatch: async () => {
      begun.push(clock.now());
      const batch = left.shift() ?? nothing;
      if (batch instanceof Error) throw batch;
      return batch;
    },
    pauseMs: (failures) => {
      pauses.push(failures);
      return failures * 1_000;
    },
    onError: (error) => errors.push(error),
  });
}

describe('a relay worker', () => {
  it('sleeps until it is woken, and looks once', async () => {
    const one = worker();
    await clock.advance(60_000);
    expect(begun).toEqual([]);
    one.wake();
    await clock.advance(60_000);
    expect(begun).toEqual([60_000]);
  });

  it('goes on behind a full batch, until one is not full', async () => {
    worker(full, full, { ...nothing, read: limit - 1, sent: limit - 1 }).wake();
    await clock.advance(0);
    expect(begun).toHaveLength(3);
  });

  it('looks again at once after a message failed or was set aside: its successors may go', async () => {
    const refused = new Error('too large');
    worker({ ...nothing, read: 2, sent: 1, errors: [refused] }).wake();
    await clock.advance(0);
    expect(begun).toEqual([0, 0]);
    expect(errors).toEqual([refused]);
  });

  it('has one batch in flight, and looks once more for all kicks during it', async () => {
    const answer = Promise.withResolvers<BatchResult>();
    const one = worker(answer.promise);
    one.wake();
    one.wake();
    await clock.advance(0);
    one.wake();
    one.wake();
    await clock.advance(0);
    expect(begun).toHaveLength(1);
    answer.resolve(nothing);
    await clock.advance(0);
    expect(begun).toHaveLength(2);
  });

  it('misses no wake, whenever it comes', async () => {
    const one = worker();
    for (let turns = 0; turns < 20; turns += 1) {
      one.wake();
      const before = begun.length;
      for (let ticks = 0; ticks < turns; ticks += 1) await Promise.resolve();
      one.wake();
      await clock.advance(0);
      expect(begun.length).toBeGreaterThan(before);
      await clock.advance(0);
    }
    const before = begun.length;
    await clock.advance(60_000);
    expect(begun).toHaveLength(before);
  });

  it.each([
    ['an outage', away],
    ['a failure of the database', new Error('away')],
  ])('pauses after %s, longer each time, deaf to kicks, and forgets it when all is well', async (_, failure) => {
    const one = worker(failure, failure, full, failure);
    one.wake();
    await clock.advance(999);
    one.wake();
    await clock.advance(0);
    expect([begun, one.failures]).toEqual([[0], 1]);
    await clock.advance(1);
    expect([begun, one.failures]).toEqual([[0, 1_000], 2]);
    await clock.advance(1_999);
    expect(begun).toHaveLength(2);
    await clock.advance(1);
    // Well again, for one batch.
    expect([begun, one.failures]).toEqual([[0, 1_000, 3_000, 3_000], 1]);
    await clock.advance(1_000);
    expect([begun.slice(4), one.failures]).toEqual([[4_000], 0]);
    expect(pauses).toEqual([1, 2, 1]);
    expect(errors).toHaveLength(3);
    one.wake();
    await clock.advance(0);
    expect(begun).toHaveLength(6);
  });

  it('looks when a key that failed may be tried again, a moment later rather than too early', async () => {
    worker({ ...nothing, read: 1, errors: [new Error('full')], retryInMs: 500 }).wake();
    await clock.advance(509);
    expect(begun).toEqual([0, 0]);
    await clock.advance(1);
    expect(begun).toEqual([0, 0, 510]);
    await clock.advance(60_000);
    expect(begun).toHaveLength(3);
  });

  it('is idle when the batch in flight has ended, well or not', async () => {
    const answer = Promise.withResolvers<BatchResult>();
    const one = worker(answer.promise);
    await one.idle();
    one.wake();
    await clock.advance(0);
    let isIdle = false;
    const idle = one.idle().then(() => (isIdle = true));
    await clock.advance(0);
    expect(isIdle).toBe(false);
    answer.reject(new Error('away'));
    await idle;
  });

  it('stops when the batch in flight has ended, and begins no other', async () => {
    const answer = Promise.withResolvers<BatchResult>();
    const one = worker(answer.promise);
    one.wake();
    await clock.advance(0);
    let isStopped = false;
    const stopped = one.stop().then(() => (isStopped = true));
    one.wake();
    await clock.advance(0);
    expect(isStopped).toBe(false);
    answer.resolve({ ...full, errors: [new Error('full')], retryInMs: 500 });
    await stopped;
    one.wake();
    await clock.advance(60_000);
    expect(begun).toHaveLength(1);
  });

  it.each([
    ['a pause', away],
    ['a wait for a key', { ...nothing, retryInMs: 500 }],
  ])('leaves no timer of %s behind when it stops', async (_, batch) => {
    const batches = [batch];
    const one = new RelayWorker({
      clock,
      limit,
      sendBatch: async () => batches.shift() ?? nothing,
      pauseMs: () => 1_000,
      onError: () => undefined,
    });
    one.wake();
    await clock.advance(0);
    expect(clock.pending).toBe(1);
    await one.stop();
    expect(clock.pending).toBe(0);
  });
});
