import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { TransportError } from '../transport.js';
import { type BatchResult, emptyBatch as nothing } from './batch-result.js';
import { RelayWorker } from './relay-worker.js';

const full: BatchResult = { ...nothing, read: 10, sent: 10, more: true };
const outage = new TransportError('Unreachable', 'away', true);
const away: BatchResult = { ...nothing, errors: [outage], outage };

let clock: ManualClock;
let errors: unknown[];
let outages: unknown[];
let pauses: number[];
/** When each batch began. */
let begun: number[];

beforeEach(() => {
  clock = new ManualClock(0);
  errors = [];
  pauses = [];
  outages = [];
  begun = [];
});

/** A worker whose batches end as given, and with nothing to send after that. Pauses last 1,000 ms a failure. */
function worker(...rounds: readonly (BatchResult | Error | Promise<BatchResult>)[]): RelayWorker {
  const left = [...rounds];
  return new RelayWorker({
    clock,
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
    onOutage: (error) => outages.push(error),
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
    worker(full, full, { ...full, more: false }).wake();
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

  it('sleeps after an outage, and says so, until it is woken', async () => {
    const one = worker(away, full);
    one.wake();
    await clock.advance(60_000);
    expect([begun, outages, one.failures]).toEqual([[0], [outage], 0]);
    one.wake();
    await clock.advance(0);
    expect(begun).toEqual([0, 60_000, 60_000]);
  });

  it('pauses after a failure of the database, longer each time, deaf to kicks, and forgets it when all is well', async () => {
    const failure = new Error('away');
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
    ['a pause', new Error('away')],
    ['a wait for a key', { ...nothing, retryInMs: 500 }],
  ])('leaves no timer of %s behind when it stops', async (_, batch) => {
    const batches: (BatchResult | Error)[] = [batch];
    const one = new RelayWorker({
      clock,
      sendBatch: async () => {
        const next = batches.shift() ?? nothing;
        if (next instanceof Error) throw next;
        return next;
      },
      pauseMs: () => 1_000,
      onOutage: () => undefined,
      onError: () => undefined,
    });
    one.wake();
    await clock.advance(0);
    expect(clock.pending).toBe(1);
    await one.stop();
    expect(clock.pending).toBe(0);
  });
});
