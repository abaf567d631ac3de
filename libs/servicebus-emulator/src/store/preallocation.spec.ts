import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StoreFullError } from '../entities/events.js';
import { LimitedDisk } from './testing/limited-disk.js';
import { enqueued } from './testing/sample-events.js';
import { StoreHarness } from './testing/store-harness.js';
import type { Store } from './store.js';

const KILOBYTE = 1024;
const FIRST_JOURNAL = 'journal-0000000001';

let harness: StoreHarness;

beforeEach(async () => {
  harness = await StoreHarness.create();
});

afterEach(() => harness.dispose());

async function enqueue(store: Store, number: number) {
  const event = enqueued(number, 'x'.repeat(10 * KILOBYTE));
  store.recorder.record(event);
  await store.recorder.flushed();
  return event;
}

/** Enqueues until the journal is longer than what is in it. */
async function fillUntilThereIsRoom(store: Store) {
  const events = [];
  for (let number = 1; number < 1_000; number++) {
    events.push(await enqueue(store, number));
    const bytes = await readFile(harness.path(FIRST_JOURNAL));
    if (bytes.length > KILOBYTE * KILOBYTE && bytes.at(-1) === 0) return { events, bytes };
  }
  throw new Error('No room was made.');
}

it('extends a journal that grows ahead of what is written, trims it at the end, and loses nothing when it cannot', async () => {
  const { store } = await harness.reopen();
  const { events, bytes } = await fillUntilThereIsRoom(store);
  await harness.close(store);
  const closed = await readFile(harness.path(FIRST_JOURNAL));
  expect(closed.length).toBeLessThan(bytes.length);
  expect(bytes.subarray(0, closed.length)).toEqual(closed);

  // As a crash leaves it.
  await writeFile(harness.path(FIRST_JOURNAL), bytes);
  const messages: string[] = [];
  const reopened = await harness.reopen({ log: (text) => messages.push(text) });
  expect(reopened.events).toEqual(events);
  expect(messages).toEqual([]);
});

it('fills a disk that has no space for the room to its last byte', async () => {
  const capacity = 600 * KILOBYTE;
  const disk = new LimitedDisk(harness.dir, capacity);
  const { store } = await harness.reopen({ files: disk });
  const accepted = [];
  for (;;) {
    try {
      accepted.push(await enqueue(store, accepted.length + 1));
    } catch (error) {
      expect(error).toBeInstanceOf(StoreFullError);
      break;
    }
  }
  expect(accepted.length).toBe(Math.floor(capacity / (10.1 * KILOBYTE)));
  disk.capacity *= 2;
  await harness.close(store);
  expect((await harness.reopen()).events.slice(0, accepted.length)).toEqual(accepted);
});

it('goes on in the same way in the file after a snapshot', async () => {
  const { store } = await harness.reopen();
  const { events } = await fillUntilThereIsRoom(store);
  store.snapshotFrom(() => events);
  await store.compact();
  const more = [await enqueue(store, 2_001), await enqueue(store, 2_002)];
  await harness.close(store);
  expect((await harness.reopen()).events).toEqual([...events, ...more]);
});
