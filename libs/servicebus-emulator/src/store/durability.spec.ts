import { mkdtemp, open, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { localDirectory } from './files.js';
import type { SyncMode } from './sync-mode.js';
import { ENDS, CrashingDisk } from './testing/crashing-disk.js';
import { enqueued, removed } from './testing/sample-events.js';
import { StoreHarness } from './testing/store-harness.js';
import { SlowWrites, SyncSignal } from './testing/waiting-disks.js';
import { found, record } from './testing/what-is-left.js';

const FIRST = 'journal-0000000001';

/** Only there does the operating system sync what is written, and can one see that it does. */
const onLinux = process.platform === 'linux' ? it : it.skip;

let harness: StoreHarness;
beforeEach(async () => {
  harness = await StoreHarness.create();
});
afterEach(() => harness.dispose());

describe('what is accepted', () => {
  it('with sync always is on the disk itself, and its file and name too', async () => {
    const disk = new CrashingDisk();
    const { store } = await harness.reopen({ files: disk });
    for (const number of [1, 2, 3]) {
      await record(store, enqueued(number));
      for (const end of ENDS) {
        expect(await found(disk.after(end))).toEqual(Array.from({ length: number }, (_, n) => n + 1));
      }
    }
    await record(store, removed(2));
    for (const end of ENDS) expect(await found(disk.after(end))).toEqual([1, 3]);
    await harness.close(store);
  });

  it.each<SyncMode>(['interval', 'none'])(
    'with sync %s is written, and survives the end of the process',
    async (sync) => {
      const disk = new CrashingDisk();
      const { store } = await harness.reopen({ files: disk, sync });
      await record(store, enqueued(1));
      expect(await found(disk.after('killed'))).toEqual([1]);
      await record(store, enqueued(2));
      expect(await found(disk.after('killed'))).toEqual([1, 2]);
      await harness.close(store);
      for (const end of ENDS) expect(await found(disk.after(end))).toEqual([1, 2]);
    },
  );

  it('waits for the write that it is in, not for the one before', async () => {
    const disk = new SlowWrites();
    const { store } = await harness.reopen({ files: disk });
    disk.hold(FIRST);
    const first = watch(record(store, enqueued(1)));
    await disk.held;
    const second = watch(record(store, enqueued(2)));
    // Who has nothing to record waits for what is recorded already.
    const third = watch(store.recorder.flushed());
    await turns();
    expect([first.settled, second.settled, third.settled]).toEqual([false, false, false]);
    disk.release();
    await first.promise;
    await Promise.all([second.promise, third.promise]);
    await harness.close(store);
  });

  it('waits, without anything of its own to record, for the write that is under way', async () => {
    const disk = new SlowWrites();
    const { store } = await harness.reopen({ files: disk });
    disk.hold(FIRST);
    const first = watch(record(store, enqueued(1)));
    await disk.held;
    const other = watch(store.recorder.flushed());
    await turns();
    expect([first.settled, other.settled]).toEqual([false, false]);
    disk.release();
    await Promise.all([first.promise, other.promise]);
    await harness.close(store);
  });
});

describe('when it is synced', () => {
  const journalOperations = (disk: CrashingDisk, from: number) =>
    disk.operations.slice(from).filter((operation) => operation.endsWith(FIRST));

  it('always: as a log, whose writes are on the disk when they are done; one for each that is answered', async () => {
    const disk = new CrashingDisk();
    const { store } = await harness.reopen({ files: disk, sync: 'always' });
    expect(disk.operations).toContain(`log ${FIRST}`);
    const before = disk.operations.length;
    for (const number of [1, 2, 3]) await record(store, enqueued(number));
    expect(journalOperations(disk, before)).toEqual(Array(3).fill(`write ${FIRST}`));
    await harness.close(store);
  });

  it('interval: a while after the first write, once for all since, and again after the next', async () => {
    const disk = new SyncSignal();
    const { store } = await harness.reopen({ files: disk, sync: 'interval' });
    expect(disk.operations).toContain(`create ${FIRST}`);
    for (const rounds of [1, 2]) {
      const before = disk.operations.length;
      disk.expectSync(FIRST);
      await record(store, enqueued(rounds));
      await record(store, enqueued(rounds + 10));
      expect(journalOperations(disk, before)).toEqual([`write ${FIRST}`, `write ${FIRST}`]);
      await disk.synced;
      expect(journalOperations(disk, before)).toEqual([`write ${FIRST}`, `write ${FIRST}`, `sync ${FIRST}`]);
    }
    for (const end of ENDS) expect(await found(disk.after(end))).toEqual([1, 2, 11, 12]);
    await harness.close(store);
  });

  it('interval: a sync that fails ends accepting for good', async () => {
    const disk = new SyncSignal();
    const { store } = await harness.reopen({ files: disk, sync: 'interval' });
    disk.expectSync(FIRST, new Error('EIO: the disk failed'));
    await record(store, enqueued(1));
    await disk.synced;
    await turns();
    await expect(record(store, enqueued(2))).rejects.toThrow('cannot be written any more: EIO');
    await expect(harness.close(store)).rejects.toThrow('cannot be written any more');
  });

  it('none: not before the store is closed', async () => {
    const disk = new CrashingDisk();
    const { store } = await harness.reopen({ files: disk, sync: 'none' });
    expect(disk.operations).toContain(`create ${FIRST}`);
    const before = disk.operations.length;
    for (const number of [1, 2, 3]) await record(store, enqueued(number));
    expect(journalOperations(disk, before)).toEqual(Array(3).fill(`write ${FIRST}`));
    await harness.close(store);
    expect(journalOperations(disk, before).at(-1)).toBe(`sync ${FIRST}`);
  });

  onLinux.each<[SyncMode, boolean]>([
    ['always', true],
    ['interval', false],
    ['none', false],
  ])('%s: the operating system was told so (O_DSYNC: %s)', async (sync, expected) => {
    const { store } = await harness.reopen({ sync });
    await record(store, enqueued(1));
    expect(await hasFlag(harness.path(FIRST), constants.O_DSYNC)).toBe(expected);
    await harness.close(store);
  });
});

describe('a new journal file', () => {
  it('is written, synced and known by its name before anything is accepted into it', async () => {
    const disk = new CrashingDisk();
    await harness.reopen({ files: disk });
    expect(disk.operations).toEqual([
      'sync names',
      'create synced',
      'sync names',
      `log ${FIRST}`,
      `write ${FIRST}`,
      `sync ${FIRST}`,
      'sync names',
      'write synced',
      'sync synced',
    ]);
  });
});

describe('the local file system', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'store-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  onLinux('asks the operating system for every sync, of contents and of names', async () => {
    const probe = await open(join(dir, 'probe'), 'w');
    const handles = Object.getPrototypeOf(probe) as Pick<typeof probe, 'sync' | 'datasync'>;
    await probe.close();
    const [contents, names] = [jest.spyOn(handles, 'datasync'), jest.spyOn(handles, 'sync')];
    const local = localDirectory(dir);
    const file = await local.open('f', 'create');
    await file.write(Buffer.from('x'), 0);
    expect(contents).toHaveBeenCalledTimes(0);
    await file.sync();
    expect([contents.mock.calls.length, names.mock.calls.length]).toEqual([1, 0]);
    await local.sync();
    expect([contents.mock.calls.length, names.mock.calls.length]).toEqual([1, 1]);
    await file.close();
    contents.mockRestore();
    names.mockRestore();
  });

  onLinux('waits for the writes of a log itself, and not for much, nor for one behind another', async () => {
    const probe = await open(join(dir, 'probe'), 'w');
    const elsewhere = jest.spyOn(Object.getPrototypeOf(probe) as Pick<typeof probe, 'write'>, 'write');
    await probe.close();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0); // However slow this disk is.
    const file = await localDirectory(dir).open('f', 'log');
    const first = file.write(Buffer.alloc(1_000), 0);
    expect([(await stat(join(dir, 'f'))).size, elsewhere.mock.calls.length]).toEqual([1_000, 0]);
    const much = file.write(Buffer.alloc(200_000), 1_000);
    const behind = file.write(Buffer.alloc(1_000), 201_000);
    await Promise.all([first, much, behind]);
    expect(elsewhere).toHaveBeenCalledTimes(2);
    expect(await file.size()).toBe(202_000);
    await file.close();
    elsewhere.mockRestore();
    clock.mockRestore();
  });

  onLinux('has in a file what was written to it, wherever', async () => {
    const file = await localDirectory(dir).open('f', 'log');
    await file.write(Buffer.from('abc'), 2);
    await file.write(Buffer.from('X'), 3);
    await file.sync();
    expect(await readFile(join(dir, 'f'), 'latin1')).toBe('\0\0aXc');
    await file.truncate(4);
    expect(await file.size()).toBe(4);
    await file.close();
  });
});

function watch(promise: Promise<void>) {
  const state = { promise, settled: false };
  const settle = () => {
    state.settled = true;
  };
  promise.then(settle, settle);
  return state;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
}

/** Whether this process has a file open with a flag. */
async function hasFlag(path: string, flag: number): Promise<boolean> {
  for (const fd of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '');
    if (target !== path) continue;
    const info = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8');
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
    return (flags & flag) === flag;
  }
  throw new Error(`${path} is not open.`);
}
