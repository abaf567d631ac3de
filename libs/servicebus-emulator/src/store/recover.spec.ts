import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BrokerEvent } from '../entities/events.js';
import { StoreCorruptError } from './errors.js';
import type { StoreOptions } from './store-options.js';
import { enqueued, message } from './testing/sample-events.js';
import { StoreHarness } from './testing/store-harness.js';

let harness: StoreHarness;

beforeEach(async () => {
  harness = await StoreHarness.create();
});

afterEach(() => harness.dispose());

/** Writes each event with a write of its own; of the last one is not known that it was synced, as after a crash. */
async function writeLastUnsynced(...events: BrokerEvent[]): Promise<void> {
  const { store } = await harness.reopen();
  let note: Buffer = Buffer.alloc(0);
  for (const event of events) {
    note = await harness.read('synced');
    store.recorder.record(event);
    await store.recorder.flushed();
  }
  await harness.close(store);
  await writeFile(harness.path('synced'), note);
}

/** As {@link StoreHarness.reopen}; what was noted stays as it is for the next time. */
async function reopenAgain(options: Partial<StoreOptions>) {
  const note = await harness.read('synced');
  const opened = await harness.reopen(options);
  return { ...opened, again: () => writeFile(harness.path('synced'), note) };
}

describe('after a crash', () => {
  it('cuts a torn last record off at every byte, says so, and keeps the rest', async () => {
    await writeLastUnsynced(enqueued(1), enqueued(2));
    const file = harness.path('journal-0000000001');
    const whole = await readFile(file);
    const lastRecord = whole.lastIndexOf('FRM1');
    for (let length = lastRecord + 1; length < whole.length; length += 1) {
      await rm(harness.path('journal-0000000002'), { force: true });
      await writeFile(file, whole.subarray(0, length));
      const messages: string[] = [];
      const { store, events, again } = await reopenAgain({ log: (text) => messages.push(text) });
      expect(events).toEqual([enqueued(1)]);
      expect(messages).toEqual([expect.stringContaining(`cut off ${length - lastRecord} bytes at byte ${lastRecord}`)]);
      await harness.close(store);
      await again();
      expect((await readFile(file)).length).toBe(lastRecord);
    }
  });

  it('goes on behind a tail that was cut off', async () => {
    await writeLastUnsynced(enqueued(1), enqueued(2));
    const file = harness.path('journal-0000000001');
    await truncate(file, (await readFile(file)).length - 3);
    await harness.write(enqueued(3));
    expect((await harness.reopen()).events).toEqual([enqueued(1), enqueued(3)]);
  });

  it('takes zeros behind the last record for the room they are, and says nothing', async () => {
    await harness.write(enqueued(1));
    const file = harness.path('journal-0000000001');
    const whole = await readFile(file);
    for (const room of [1, 11, 12, 5_000_000]) {
      await rm(harness.path('journal-0000000002'), { force: true });
      await writeFile(file, Buffer.concat([whole, Buffer.alloc(room)]));
      const messages: string[] = [];
      const { store, events } = await harness.reopen({ log: (text) => messages.push(text) });
      expect(events).toEqual([enqueued(1)]);
      expect(messages).toEqual([]);
      await harness.close(store);
      expect(await readFile(file)).toEqual(whole);
    }
  });

  it('cuts off a record that a crash left unfinished within the room, wherever it stopped', async () => {
    await writeLastUnsynced(enqueued(1), enqueued(2));
    const file = harness.path('journal-0000000001');
    const whole = await readFile(file);
    const lastRecord = whole.lastIndexOf('FRM1');
    // Zeros at its end are there whether they were written or not.
    const written = whole.findLastIndex((byte) => byte !== 0);
    for (let length = lastRecord + 1; length <= written; length += 1) {
      await rm(harness.path('journal-0000000002'), { force: true });
      await writeFile(file, Buffer.concat([whole.subarray(0, length), Buffer.alloc(5_000)]));
      const messages: string[] = [];
      const { store, events, again } = await reopenAgain({ log: (text) => messages.push(text) });
      expect(events).toEqual([enqueued(1)]);
      expect(messages).toEqual([expect.stringContaining(`at byte ${lastRecord} that a crash left unfinished`)]);
      await harness.close(store);
      await again();
      expect((await readFile(file)).length).toBe(lastRecord);
    }
  });

  it('cuts off a record whose end reached the disk, and its beginning not', async () => {
    await writeLastUnsynced(enqueued(1), enqueued(2));
    const file = harness.path('journal-0000000001');
    const whole = await readFile(file);
    const lastRecord = whole.lastIndexOf('FRM1');
    await writeFile(
      file,
      Buffer.concat([Buffer.from(whole).fill(0, lastRecord, lastRecord + 20), Buffer.alloc(5_000)]),
    );
    const messages: string[] = [];
    const { store, events } = await harness.reopen({ log: (text) => messages.push(text) });
    expect(events).toEqual([enqueued(1)]);
    expect(messages).toHaveLength(1);
    await harness.close(store);
  });

  it('uses a file again whose beginning was torn', async () => {
    await harness.write(enqueued(1));
    await writeFile(harness.path('journal-0000000002'), 'OFSB');
    expect((await harness.reopen()).events).toEqual([enqueued(1)]);
    expect(await harness.files()).toEqual(['journal-0000000001', 'journal-0000000002', 'synced']);
  });

  it('refuses damage before the last record, naming file and offset, and changes nothing', async () => {
    await harness.write(enqueued(1), enqueued(2), enqueued(3));
    const file = harness.path('journal-0000000001');
    const whole = await readFile(file);
    const lastRecord = whole.lastIndexOf('FRM1');
    for (let at = 0; at < lastRecord; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      await writeFile(file, damaged);
      const error = await harness.refusal();
      expect(error).toBeInstanceOf(StoreCorruptError);
      const offset = Math.max(0, whole.lastIndexOf('FRM1', at));
      expect(error).toMatchObject({ file: 'journal-0000000001', offset });
      expect(await readFile(file)).toEqual(damaged);
    }
  });

  it('refuses a damaged beginning, a damaged finished file and a missing file', async () => {
    await harness.write(enqueued(1));
    await harness.write(enqueued(2));
    await harness.write(enqueued(3));
    const first = harness.path('journal-0000000001');
    const whole = await readFile(first);
    const attempt = async () => String(await harness.refusal());
    await writeFile(first, Buffer.concat([Buffer.from('X'), whole.subarray(1)]));
    expect(await attempt()).toContain('journal-0000000001 is damaged at byte 0: it does not begin as a file');
    await writeFile(first, whole.subarray(0, whole.length - 1));
    expect(await attempt()).toContain('journal-0000000001 is damaged at byte 28: the record reaches beyond');
    await writeFile(first, whole);
    await rm(harness.path('journal-0000000002'));
    expect(await attempt()).toContain('journal-0000000002 is damaged at byte 0: the file is missing');
  });

  it('is not misled by the records of another journal in a message', async () => {
    await harness.write(enqueued(1));
    const other = await readFile(harness.path('journal-0000000001'));
    await harness.empty();
    const second = message(2);
    const content = { ...second.content, bare: Buffer.concat([other, Buffer.from(' and more')]) };
    await writeLastUnsynced(enqueued(1), { type: 'enqueued', path: 'orders', message: { ...second, content } });
    const file = harness.path('journal-0000000001');
    await truncate(file, (await readFile(file)).length - 1);
    expect((await harness.reopen()).events).toEqual([enqueued(1)]);
  });
});
