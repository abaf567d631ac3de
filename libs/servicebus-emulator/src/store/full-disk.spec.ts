import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type BrokerEvent, type SingleEvent, StoreFullError } from '../entities/events.js';
import { StoreFailedError } from './errors.js';
import type { Store } from './store.js';
import { LimitedDisk } from './testing/limited-disk.js';
import { enqueued, removed } from './testing/sample-events.js';
import { StoreHarness } from './testing/store-harness.js';

const KILOBYTE = 1024;
const BODY = 'x'.repeat(KILOBYTE);

let harness: StoreHarness;
let disk: LimitedDisk;
let state: Map<number, SingleEvent>;

beforeEach(async () => {
  harness = await StoreHarness.create();
  disk = new LimitedDisk(harness.dir, 200 * KILOBYTE);
  state = new Map();
});

afterEach(() => harness.dispose());

/** Opens a store on the small disk; `room` resolves once the last that it said is not that the disk is full. */
async function openOnSmallDisk(reserveBytes: number) {
  let isFull = false;
  let tell: () => void = () => undefined;
  const log = (message: string) => {
    isFull = message.includes('the disk is full') || (isFull && !message.includes('there is room'));
    tell();
  };
  const { store } = await harness.reopen({ files: disk, reserveBytes, spaceCheckInterval: 2, log });
  const room = async () => {
    while (isFull) {
      await new Promise<void>((resolve) => {
        tell = resolve;
      });
    }
  };
  return { store, room };
}

async function enqueue(store: Store, number: number): Promise<void> {
  store.recorder.record(enqueued(number, BODY));
  state.set(number, enqueued(number, BODY));
  await store.recorder.flushed();
}

async function settle(store: Store, number: number): Promise<void> {
  store.recorder.record(removed(number));
  state.delete(number);
  await store.recorder.flushed();
}

/** Enqueues until that is refused; answers how many were accepted. */
async function fill(store: Store): Promise<number> {
  for (let number = 1; ; number += 1) {
    try {
      await enqueue(store, number);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreFullError);
      return number - 1;
    }
  }
}

async function expectStored(): Promise<void> {
  const messages = new Set<number>();
  const { events } = await harness.reopen();
  for (const event of events.flatMap((one: BrokerEvent) => (one.type === 'group' ? one.events : [one]))) {
    if (event.type === 'enqueued') {
      messages.add(event.message.sequenceNumber);
    } else if (event.type === 'removed') {
      messages.delete(event.sequenceNumber);
    }
  }
  expect([...messages]).toEqual([...state.keys()]);
}

describe('on a full disk', () => {
  it('refuses what adds, keeps settling, and accepts again when there is room', async () => {
    const { store, room } = await openOnSmallDisk(32 * KILOBYTE);
    const accepted = await fill(store);
    expect(accepted).toBeGreaterThan(150);
    for (let number = 1; number <= 150; number += 1) {
      await settle(store, number);
    }
    // Moving a message within the broker adds nothing.
    store.recorder.record({ type: 'group', events: [removed(151), enqueued(1, 'x')] });
    state.delete(151);
    state.set(1, enqueued(1, 'x'));
    await store.recorder.flushed();
    expect(() => store.recorder.record(enqueued(999))).toThrow(StoreFullError);

    disk.capacity *= 2;
    await room();
    await enqueue(store, accepted + 1);
    await harness.close(store);
    await expectStored();
  });

  it('makes room by itself once messages are gone', async () => {
    const { store, room } = await openOnSmallDisk(32 * KILOBYTE);
    store.snapshotFrom(() => [...state.values()]);
    const accepted = await fill(store);
    for (let number = 1; number <= accepted; number += 1) {
      await settle(store, number);
    }
    await room();
    await enqueue(store, accepted + 1);
    await harness.close(store);
    await expectStored();
  });

  it('says so when not even a settlement fits, and keeps it for later', async () => {
    const { store, room } = await openOnSmallDisk(0);
    // The message that met the full disk was not accepted, but what follows may build on it: it stays first in line.
    disk.capacity = 4 * KILOBYTE;
    const accepted = await fill(store);
    expect(accepted).toBe(3);
    disk.capacity = 0;
    await expect(settle(store, 1)).rejects.toThrow(StoreFullError);
    await expect(settle(store, 2)).rejects.toThrow(StoreFullError);

    disk.capacity = 100 * KILOBYTE;
    await room();
    await settle(store, 3);
    await harness.close(store);
    await expectStored();
  });

  it('stops for good after any other failure: nobody knows what is on the disk then', async () => {
    const { store } = await openOnSmallDisk(0);
    await enqueue(store, 1);
    disk.failure = 'EIO';
    store.recorder.record(enqueued(2));
    await expect(store.recorder.flushed()).rejects.toThrow('The journal cannot be written any more: EIO');
    disk.failure = undefined;
    store.recorder.record(enqueued(3));
    await expect(store.recorder.flushed()).rejects.toThrow(StoreFailedError);
    await expect(harness.close(store)).rejects.toThrow(StoreFailedError);
    await expectStored();
  });
});
