import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { EventHub, type EventHubOptions } from './event-hub.js';
import { EventLog } from './event-log.js';
import type { Look } from './event-source.js';
import type { EventStream } from './event-stream.js';

const nothing: Look = { events: [], isWhole: true };
const marker = (n: number, text = '') => ({ topic: 'marker' as const, data: { n, text } });

let looks: (Look | Error)[];
let errors: unknown[];
let hub: EventHub;

beforeEach(() => {
  jest.useFakeTimers();
  looks = [];
  errors = [];
  hub = hubOf();
});
afterEach(() => {
  hub.close();
  jest.useRealTimers();
});

/** A hub whose looks see in turn what `looks` has, and then nothing. */
function hubOf(options: Partial<EventHubOptions> = {}): EventHub {
  const look = async (): Promise<Look> => {
    const found = looks.shift() ?? nothing;
    if (found instanceof Error) throw found;
    return found;
  };
  return new EventHub({
    source: () => ({ look }),
    version: '7.0.1',
    lookEveryMs: 500,
    onError: (error) => errors.push(error),
    ...options,
  });
}

const open = (lastEventId?: string, caller = 'ada') => hub.open({ caller, topics: ['marker', 'alert'], lastEventId });
const read = ({ readable }: EventStream): string => String(readable.read() ?? '');
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

it('greets, and then tells what changes, once', async () => {
  const stream = await open();
  expect(read(stream)).toMatch(
    /^id: [0-9a-f]{8}-0\nevent: hello\ndata: \{"version":"7\.0\.1","topics":\["marker","alert"\]\}\n\n$/,
  );
  looks.push({ events: [marker(1), { topic: 'audit', data: {} }], isWhole: true });
  await pass(500);
  expect(read(stream)).toMatch(/^id: [0-9a-f]{8}-1\nevent: marker\ndata: \{"n":1,"text":""\}\n\n$/);
  await pass(5_000);
  expect(read(stream)).toBe('');
});

it('writes a comment every 15 s', async () => {
  const stream = await open();
  read(stream);
  await pass(15_000);
  expect(read(stream)).toBe(':\n\n');
});

it('says that more changed than it can tell', async () => {
  const stream = await open();
  read(stream);
  looks.push({ events: [], isWhole: false });
  await pass(500);
  expect(read(stream)).toMatch(/event: resync/);
});

it('cuts off who leaves more than 1 MiB unread, and nobody else', async () => {
  const [slow, quick] = [await open(), await open(undefined, 'bob')];
  const large = { events: [marker(1, 'x'.repeat(300_000))], isWhole: true };
  for (let time = 0; time < 4; time += 1) {
    looks.push(large);
    await pass(500);
    read(quick);
  }
  expect([slow.readable.destroyed, quick.readable.destroyed]).toEqual([true, false]);
});

it('goes on where a stream broke off, for a minute after the last one ended', async () => {
  const first = await open();
  looks.push({ events: [marker(1), marker(2)], isWhole: true });
  await pass(500);
  const [, id = ''] = /id: (\S+-1)\n/.exec(read(first)) ?? [];
  first.readable.destroy();
  await pass(59_000);
  const second = await open(id);
  const missed = read(second);
  expect(missed).toMatch(/event: hello[^]*data: \{"n":2/);
  expect(missed).not.toMatch(/"n":1/);
  second.readable.destroy();
  await pass(61_000);
  const third = await open(id);
  expect(read(third)).toMatch(/event: hello[^]*event: resync/);
});

it('ends a stream after 15 minutes', async () => {
  const stream = await open();
  stream.readable.resume();
  await pass(899_000);
  expect(stream.readable.readableEnded).toBe(false);
  await pass(2_000);
  expect(stream.readable.readableEnded).toBe(true);
});

it('bounds the streams of a caller and of all', async () => {
  const [one] = await Promise.all([open(), open(), open(), open()]);
  await expect(open()).rejects.toMatchObject({ status: 429, code: 'too-many-streams' });
  one?.readable.destroy();
  await pass(0);
  await open();
  for (let caller = 0; caller < 24; caller += 1) {
    await Promise.all(Array.from({ length: 4 }, () => open(undefined, `caller ${caller}`)));
  }
  await expect(open(undefined, 'one more')).rejects.toMatchObject({ status: 429 });
});

it('begins no stream while the database is away, and begins one when it is back', async () => {
  looks.push(new Error('away'));
  await expect(open()).rejects.toThrow('away');
  const stream = await open();
  expect(read(stream)).toMatch(/event: hello/);
});

it('goes on after a look that failed', async () => {
  const stream = await open();
  read(stream);
  looks.push(new Error('away'), { events: [marker(1)], isWhole: true });
  await pass(1_000);
  expect(errors).toEqual([new Error('away')]);
  expect(read(stream)).toMatch(/"n":1/);
});

it('lets nobody in once it is closed', async () => {
  hub.close();
  await expect(open()).rejects.toMatchObject({ status: 503 });
});

it('keeps the last thousand events', () => {
  const log = new EventLog();
  const before = log.lastId;
  for (let n = 1; n <= 1_000; n += 1) log.add(marker(n));
  expect(log.after(before)).toHaveLength(1_000);
  expect(log.after(log.lastId)).toEqual([]);
  log.add(marker(1_001));
  expect(log.after(before)).toBeUndefined();
  expect(log.after(`${log.lastId}0`)).toBeUndefined();
});
