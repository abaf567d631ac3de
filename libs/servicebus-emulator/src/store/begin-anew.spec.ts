import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { beginAnew } from './begin-anew.js';
import { StoreCorruptError } from './errors.js';
import { CrashingDisk, ENDS } from './testing/crashing-disk.js';
import { enqueued } from './testing/sample-events.js';
import { StoreHarness } from './testing/store-harness.js';
import { found, record } from './testing/what-is-left.js';

let harness: StoreHarness;
beforeEach(async () => {
  harness = await StoreHarness.create();
});
afterEach(() => harness.dispose());

/** A directory with a snapshot, two journals and a reserve. */
async function usedDisk(): Promise<ReadonlyMap<string, Buffer>> {
  const disk = new CrashingDisk();
  const first = await harness.reopen({ files: disk, reserveBytes: 10 });
  first.store.snapshotFrom(() => [enqueued(1)]);
  await record(first.store, enqueued(1));
  await first.store.compact();
  await record(first.store, enqueued(2));
  await harness.close(first.store);
  const second = await harness.reopen({ files: disk, reserveBytes: 10 });
  await record(second.store, enqueued(3));
  await harness.close(second.store);
  return disk.after('killed');
}

describe('a store that is told to begin anew', () => {
  it('has nothing, takes messages and keeps them', async () => {
    await harness.write(enqueued(1));
    const { store, events } = await harness.reopen({ fresh: true });
    expect(events).toEqual([]);
    await record(store, enqueued(2));
    await harness.close(store);
    expect((await harness.reopen()).events).toEqual([enqueued(2)]);
  });

  it('does not mind damage', async () => {
    const files = new Map(await usedDisk());
    for (const name of files.keys()) files.set(name, Buffer.from('damaged'));
    expect((await harness.reopen({ files: new CrashingDisk(files), fresh: true })).events).toEqual([]);
  });

  it('does not mind a directory that is new', async () => {
    expect((await harness.reopen({ fresh: true })).events).toEqual([]);
  });

  it.each(ENDS)(
    'and crashes on the way has all, is refused or has nothing, and can be told again (%s)',
    async (end) => {
      const files = await usedDisk();
      const whole = new CrashingDisk(files);
      await beginAnew(whole);
      expect([...whole.after(end).keys()]).toEqual([]);
      const seen = new Set<string>();
      for (let step = 0; step < whole.operations.length; step++) {
        const disk = new CrashingDisk(files, step);
        await expect(beginAnew(disk)).rejects.toThrow('the disk is dead');
        const left = disk.after(end);
        const there = await found(left).catch((error: unknown) => {
          expect(error).toBeInstanceOf(StoreCorruptError);
          return 'refused';
        });
        expect([[1, 2, 3], 'refused', []]).toContainEqual(there);
        seen.add(String(there));
        const again = new CrashingDisk(left);
        await beginAnew(again);
        expect(await found(again.after(end))).toEqual([]);
      }
      expect(seen).toContain('1,2,3');
      if (end !== 'power lost') expect(seen).toContain('refused');
    },
  );
});
