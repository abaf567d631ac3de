import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { outgoing } from '../testing/outgoing.js';
import { type Outgoing, type Transport, TransportError } from '../transport.js';
import { type BatchResult, emptyBatch } from './batch-result.js';
import { type BatchWanted, Outlet } from './outlet.js';
import { sendInOrder } from './send-in-order.js';

const busy = new TransportError('Busy', 'Wait.', true);

let clock: ManualClock;
let waiting: readonly Outgoing[];
let batch: number;
/** When each send began, with how many messages. */
let sends: (readonly [at: number, messages: number])[];
let answer: () => Promise<void>;

beforeEach(() => {
  clock = new ManualClock(0);
  waiting = Array.from({ length: 100 }, (_, n) => outgoing(`m-${n}`));
  batch = 50;
  sends = [];
  answer = () => Promise.resolve();
});

async function sendBatch(send: Transport['send'], { size }: BatchWanted): Promise<BatchResult> {
  const rows = waiting.slice(0, size === 'one' ? 1 : batch).map((message) => ({ outgoing: message }));
  const { sent, failed, outage } = await sendInOrder(rows, send);
  const gone = new Set(sent.map(({ outgoing: message }) => message));
  waiting = waiting.filter((message) => !gone.has(message));
  if (rows.length === 0) return emptyBatch;
  return {
    read: rows.length,
    sent: sent.length,
    errors: failed.map(({ error }) => error),
    more: waiting.length > 0,
    ...(outage && { outage }),
  };
}

function outlet(): Outlet {
  const one = new Outlet({
    destination: { queue: 'work' },
    workers: 1,
    clock,
    random: () => 0.999,
    answerWithinMs: 900,
    transport: {
      send: (messages, options) => {
        expect(options).toEqual({ retry: false });
        sends.push([clock.now(), messages.length]);
        return answer();
      },
    },
    sendBatch,
    pauseMs: () => 1_000,
    onError: () => undefined,
  });
  one.wake();
  return one;
}

describe('an outlet', () => {
  it('probes with one message, 0.6 s apart at most however long the trouble lasts, deaf to wakes', async () => {
    answer = () => Promise.reject(busy);
    const one = outlet();
    await clock.advance(3_600_000);
    one.wake();
    await clock.advance(0);
    expect(sends[0]).toEqual([0, 50]);
    const probes = sends.slice(1);
    expect(probes.every(([, messages]) => messages === 1)).toBe(true);
    const gaps = probes.map(([at], index) => at - (probes[index - 1]?.[0] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(600);
    expect(gaps.slice(2).every((gap) => gap >= 450)).toBe(true);
    expect(one.trouble).toMatchObject({ destination: 'queue work', code: 'Busy', detail: 'Wait.', forMs: 3_600_000 });
  });

  it('sends everything at once when a probe gets through', async () => {
    answer = () => Promise.reject(busy);
    const one = outlet();
    await clock.advance(5_000);
    sends = [];
    answer = () => Promise.resolve();
    await clock.advance(600);
    expect(sends.map(([, messages]) => messages)).toEqual([1, 50, 49]);
    expect(one.trouble).toBeUndefined();
    await one.stop();
    expect(clock.pending).toBe(0);
  });

  it('is in trouble when there is no answer, and asks again while it waits', async () => {
    answer = () => new Promise(() => undefined);
    const one = outlet();
    await clock.advance(899);
    expect(one.trouble).toBeUndefined();
    await clock.advance(1);
    expect(one.trouble).toMatchObject({ code: 'Timeout', detail: 'queue work has not answered for 900 ms.' });
    await clock.advance(5_000);
    const gaps = sends.slice(1).map(([at], index) => at - (sends[index]?.[0] ?? 0));
    expect(Math.max(...gaps.slice(1))).toBeLessThanOrEqual(600);
    answer = () => Promise.resolve();
    await clock.advance(600);
    expect(one.trouble).toBeUndefined();
    expect(waiting).toEqual([]);
  });

  it('has more patience with more messages, and no more of it for the few that follow', async () => {
    waiting = Array.from({ length: 1_000 }, (_, n) => outgoing(`m-${n}`));
    batch = 1_000;
    answer = () => new Promise((resolve) => clock.schedule(clock.now() + 1_799, resolve));
    const one = outlet();
    await clock.advance(1_798);
    expect([one.trouble, waiting.length]).toEqual([undefined, 1_000]);
    await clock.advance(1);
    expect(waiting).toEqual([]);
    waiting = [outgoing('next')];
    answer = () => new Promise(() => undefined);
    one.wake();
    // Twice the 900 ms that 500 of them took.
    await clock.advance(1_798);
    expect(one.trouble).toBeUndefined();
    await clock.advance(1);
    expect(one.trouble).toMatchObject({ code: 'Timeout' });
  });

  it('lets an answer end the trouble that comes late, and is more patient with a slow broker then', async () => {
    answer = () => new Promise((resolve) => clock.schedule(clock.now() + 2_000, resolve));
    const one = outlet();
    await clock.advance(1_999);
    expect(one.trouble).toMatchObject({ code: 'Timeout' });
    await clock.advance(1);
    expect(one.trouble).toBeUndefined();
    // The batch again, with enough time.
    await clock.advance(4_000);
    expect(one.trouble).toBeUndefined();
    expect(waiting).toEqual([]);
  });

  it('says what the broker says once it does, although that came late', async () => {
    answer = () => new Promise((_, reject) => clock.schedule(clock.now() + 1_000, () => reject(busy)));
    const one = outlet();
    await clock.advance(1_000);
    expect(one.trouble).toMatchObject({ code: 'Busy' });
  });

  it('goes on probing after a message that failed by itself', async () => {
    const answers = [busy, new Error('odd'), undefined];
    answer = async () => {
      const error = answers.shift();
      if (error !== undefined) throw error;
    };
    const one = outlet();
    await clock.advance(400);
    expect(sends).toHaveLength(2);
    expect(one.trouble).toBeDefined();
    await clock.advance(600);
    expect(one.trouble).toBeUndefined();
  });

  it('leaves no timer behind when it stops in trouble', async () => {
    answer = () => Promise.reject(busy);
    const one = outlet();
    await clock.advance(100);
    expect(one.isAsleep).toBe(false);
    await one.stop();
    expect(clock.pending).toBe(0);
  });
});

describe('an outlet with two workers', () => {
  interface Batch {
    readonly onMore: () => void;
    readonly end: (result?: Partial<BatchResult>) => Promise<void>;
  }

  /** One whose batches end when they are told to. */
  function outletOfTwo() {
    const batches: Batch[] = [];
    const one = new Outlet({
      destination: { queue: 'work' },
      workers: 2,
      clock,
      random: () => 0.999,
      answerWithinMs: 900,
      transport: { send: () => Promise.resolve() },
      sendBatch: (_send, { onMore }) => {
        const { promise, resolve } = Promise.withResolvers<BatchResult>();
        const end = (result: Partial<BatchResult> = {}): Promise<void> => {
          resolve({ ...emptyBatch, ...result });
          return clock.advance(0);
        };
        batches.push({ onMore, end });
        return promise;
      },
      pauseMs: () => 1_000,
      onError: () => undefined,
    });
    one.wake();
    return { one, batches };
  }

  it('has both at it as soon as one has read that there is more, and one again when both have slept', async () => {
    const { one, batches } = outletOfTwo();
    expect(batches).toHaveLength(1);
    batches[0]?.onMore();
    expect(batches).toHaveLength(2);
    await batches[0]?.end();
    await batches[1]?.end();
    one.wake();
    await clock.advance(0);
    expect(batches).toHaveLength(3);
    await batches[2]?.end();
    await one.stop();
  });

  it('has one again when no more is waiting than that one can read, however steadily more comes', async () => {
    const { one, batches } = outletOfTwo();
    batches[0]?.onMore();
    let ended = 0;
    for (let commits = 0; commits < 10; commits += 1) {
      one.wake();
      const underWay = batches.slice(ended);
      ended = batches.length;
      for (const batch of underWay) await batch.end({ more: false });
    }
    expect(batches.length - ended).toBe(1);
    await batches.at(-1)?.end();
    await one.stop();
  });

  it('keeps both while one of them has left something behind', async () => {
    const { one, batches } = outletOfTwo();
    batches[0]?.onMore();
    one.wake();
    await batches[1]?.end({ more: false });
    await batches[0]?.end({ more: true });
    // Both have begun again: one for what is left, the other since it was woken.
    expect(batches).toHaveLength(4);
    one.wake();
    await batches[2]?.end({ more: false });
    await batches[3]?.end({ more: true });
    expect(batches).toHaveLength(6);
    await batches[4]?.end();
    await batches[5]?.end();
    await one.stop();
  });

  it('lets no other begin once the destination is in trouble', async () => {
    const { one, batches } = outletOfTwo();
    batches[0]?.onMore();
    await batches[1]?.end({ outage: busy, errors: [busy] });
    batches[0]?.onMore();
    expect(batches).toHaveLength(2);
    await batches[0]?.end();
    await one.stop();
  });
});
