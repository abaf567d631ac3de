import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SingleEvent } from '../entities/events.js';
import type { SyncMode } from './sync-mode.js';
import type { Store } from './store.js';
import { type End, ENDS, CrashingDisk } from './testing/crashing-disk.js';
import { enqueued, removed } from './testing/sample-events.js';
import { StoreHarness } from './testing/store-harness.js';
import { found, record } from './testing/what-is-left.js';

const FIRST = 'journal-0000000001';
const SECOND = 'journal-0000000002';
const SNAPSHOT = 'snapshot-0000000002';
const UNFINISHED = 'snapshot.unfinished';

let harness: StoreHarness;
beforeEach(async () => {
  harness = await StoreHarness.create();
});
afterEach(() => harness.dispose());

describe('a snapshot', () => {
  it('is on the disk under its name before anything that it replaces is removed', async () => {
    const disk = new CrashingDisk();
    const { store } = await harness.reopen({ files: disk });
    store.snapshotFrom(() => [enqueued(1)]);
    await record(store, enqueued(1));
    const before = disk.operations.length;
    await store.compact();
    expect(disk.operations.slice(before)).toEqual([
      `sync ${FIRST}`,
      'overwrite synced',
      `log ${SECOND}`,
      `write ${SECOND}`,
      `sync ${SECOND}`,
      'sync names',
      'write synced',
      'sync synced',
      `create ${UNFINISHED}`,
      `write ${UNFINISHED}`,
      `write ${UNFINISHED}`,
      `write ${UNFINISHED}`,
      `sync ${UNFINISHED}`,
      `rename ${UNFINISHED} ${SNAPSHOT}`,
      'sync names',
      `remove ${FIRST}`,
      'sync names',
    ]);
    await harness.close(store);
  });

  /** Fills a store, replaces its journal twice and goes on, until the disk dies. Answers what was said meanwhile. */
  async function live(disk: CrashingDisk, sync: SyncMode) {
    const said = { accepted: new Set<number>(), completing: new Set<number>(), completed: new Set<number>() };
    const state = new Map<number, SingleEvent>();
    const send = async (store: Store, number: number) => {
      const event = enqueued(number);
      state.set(number, event);
      await record(store, event);
      said.accepted.add(number);
    };
    const complete = async (store: Store, number: number) => {
      said.completing.add(number);
      state.delete(number);
      await record(store, removed(number));
      said.completed.add(number);
    };
    try {
      const { store } = await harness.reopen({ files: disk, sync });
      store.snapshotFrom(() => [...state.values()]);
      await Promise.all([1, 2, 3].map((number) => send(store, number)));
      await complete(store, 1);
      await Promise.all([store.compact(), send(store, 4), complete(store, 2)]);
      await send(store, 5);
      await complete(store, 4);
      await store.compact();
      await Promise.all([send(store, 6), complete(store, 5)]);
      await harness.close(store);
    } catch {
      // The disk died, or what died of it: that is what is looked at now.
    }
    return said;
  }

  it.each<[SyncMode, End]>([
    ['always', 'killed'],
    ['always', 'power lost'],
    ['always', 'names first'],
    ['interval', 'killed'],
    ['none', 'killed'],
  ])(
    'that a crash meets, at whatever step, loses nothing accepted and brings nothing completed back (sync %s, %s)',
    async (sync, end) => {
      const whole = new CrashingDisk();
      await live(whole, sync);
      const steps = whole.operations.length;
      expect(whole.operations.filter((operation) => operation.startsWith('rename'))).toHaveLength(2);
      for (let step = 0; step <= steps; step++) {
        const disk = new CrashingDisk(new Map(), step);
        const said = await live(disk, sync);
        await harness.abandon();
        const there = await found(disk.after(end));
        const lost = [...said.accepted].filter((number) => !said.completing.has(number) && !there.includes(number));
        const back = [...said.completed].filter((number) => there.includes(number));
        expect({ step, lost, back }).toEqual({ step, lost: [], back: [] });
      }
    },
  );

  it.each(ENDS)('survives a crash of the broker that recovers from a crash (%s)', async (end) => {
    // A torn tail, a snapshot that was not finished, and files that it replaces.
    const whole = new CrashingDisk();
    const { store } = await harness.reopen({ files: whole });
    store.snapshotFrom(() => [enqueued(1)]);
    await record(store, enqueued(1));
    const files = new Map(whole.after('killed'));
    await store.compact();
    await record(store, enqueued(2));
    await harness.close(store);
    for (const [name, bytes] of whole.after('killed')) files.set(name, bytes);
    files.set(SECOND, Buffer.concat([files.get(SECOND) ?? Buffer.alloc(0), Buffer.from('FRM1 torn')]));
    files.set(UNFINISHED, Buffer.from('half a snapshot'));
    const recovery = new CrashingDisk(files);
    await harness.close((await harness.reopen({ files: recovery })).store);
    const steps = recovery.operations.length;
    expect(steps).toBeGreaterThan(5);
    for (let step = 0; step <= steps; step++) {
      const disk = new CrashingDisk(files, step);
      await harness.reopen({ files: disk }).catch(() => undefined);
      await harness.abandon();
      expect(await found(disk.after(end))).toEqual([1, 2]);
    }
  });
});
