import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BrokerEvent } from '../entities/events.js';
import { StoreCorruptError } from './errors.js';
import { recover } from './recover.js';
import { CrashingDisk } from './testing/crashing-disk.js';
import { damagesOf, flipped, recordBounds } from './testing/damages.js';
import { enqueued, removed } from './testing/sample-events.js';
import { StoreHarness } from './testing/store-harness.js';
import { SyncSignal } from './testing/waiting-disks.js';
import { found, record } from './testing/what-is-left.js';

const FIRST = 'journal-0000000001';
const SECOND = 'journal-0000000002';
const NOTE = 'synced';

let harness: StoreHarness;
beforeEach(async () => {
  harness = await StoreHarness.create();
});
afterEach(() => harness.dispose());

type Files = ReadonlyMap<string, Buffer>;

/** What a broker finds in these files and says about them, or why it refuses them. */
async function read(files: Files) {
  const log: string[] = [];
  const numbers: number[] = [];
  const apply = (event: BrokerEvent) => event.type === 'enqueued' && numbers.push(event.message.sequenceNumber);
  const error = await recover({ directory: new CrashingDisk(files), apply, log: (text) => log.push(text) }).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return { numbers, log, error };
}

/** What a broker leaves that is killed after each of these messages was accepted, with nothing else under way. */
async function killedAfterEach(numbers: readonly number[]): Promise<readonly Files[]> {
  const disk = new CrashingDisk();
  const { store } = await harness.reopen({ files: disk });
  const left: Files[] = [];
  for (const number of numbers) {
    await record(store, enqueued(number));
    left.push(disk.after('killed'));
  }
  await harness.close(store);
  return left;
}

/** The same after all of them. */
async function killedAfter(...numbers: readonly number[]): Promise<Files> {
  return (await killedAfterEach(numbers)).at(-1) ?? new Map();
}

const get = (files: Files, name: string) => files.get(name) ?? Buffer.alloc(0);

describe('the last accepted record', () => {
  it('is damaged, not torn, wherever a bit of it is flipped and wherever it is cut', async () => {
    const files = await killedAfter(1, 2);
    const journal = get(files, FIRST);
    const [, start = 0, end = 0] = recordBounds(journal);
    expect(end).toBe(journal.length);
    for (let at = start; at < end; at++) {
      for (const bytes of [flipped(journal, at), journal.subarray(0, at)]) {
        const { error } = await read(new Map(files).set(FIRST, bytes));
        expect(error).toBeInstanceOf(StoreCorruptError);
        expect(error).toMatchObject({ file: FIRST, offset: start });
        expect(String(error)).toContain(`${end} bytes of it were on the disk`);
      }
    }
  });

  it('is followed by a torn one that is cut off, wherever that ends', async () => {
    const [files = new Map<string, Buffer>(), both = files] = await killedAfterEach([1, 2]);
    const torn = get(both, FIRST).subarray(get(files, FIRST).length);
    expect(torn.length).toBeGreaterThan(12);
    for (let length = 1; length < torn.length; length++) {
      const tail = Buffer.concat([get(files, FIRST), torn.subarray(0, length)]);
      const { numbers, log } = await read(new Map(files).set(FIRST, tail));
      expect(numbers).toEqual([1]);
      expect(log).toEqual([expect.stringContaining('nothing that was accepted is in them')]);
    }
  });

  it('costs one write on the disk, and a few bytes in memory before anybody is answered', async () => {
    const disk = new CrashingDisk();
    const { store } = await harness.reopen({ files: disk });
    const before = disk.operations.length;
    await record(store, enqueued(1));
    expect(disk.operations.slice(before)).toEqual([`write ${FIRST}`, `overwrite ${NOTE}`]);
  });

  it('is noted on the disk itself soon, also when nothing follows', async () => {
    const disk = new SyncSignal();
    const { store } = await harness.reopen({ files: disk });
    for (const number of [1, 2]) {
      disk.expectSync(NOTE);
      await record(store, enqueued(number));
      await disk.synced;
      const left = disk.after('power lost');
      const journal = get(left, FIRST);
      const { error } = await read(new Map(left).set(FIRST, flipped(journal, journal.length - 1)));
      expect(error).toBeInstanceOf(StoreCorruptError);
    }
  });

  it('is not accepted when the note cannot be synced any more', async () => {
    const disk = new SyncSignal();
    const { store } = await harness.reopen({ files: disk });
    disk.expectSync(NOTE, new Error('EIO: the disk failed'));
    await record(store, enqueued(1));
    await disk.synced;
    await expect(record(store, enqueued(2))).rejects.toThrow('cannot be written any more: EIO');
    await expect(harness.close(store)).rejects.toThrow('cannot be written any more: EIO');
  });
});

describe('a broker that is killed at whatever step, and whose files are damaged then', () => {
  /** Sends, completes, begins a second file with a snapshot, and is started again. Answers what was said. */
  async function live(disk: CrashingDisk) {
    const said = { accepted: new Set<number>(), completed: new Set<number>() };
    const send = async (store: Awaited<ReturnType<StoreHarness['open']>>, number: number) => {
      await record(store, enqueued(number));
      said.accepted.add(number);
    };
    try {
      const { store } = await harness.reopen({ files: disk });
      store.snapshotFrom(() => [enqueued(2)]);
      await send(store, 1);
      await send(store, 2);
      said.accepted.delete(1);
      await record(store, removed(1));
      said.completed.add(1);
      await store.compact();
      await send(store, 3);
      await harness.close(store);
      const again = await harness.reopen({ files: disk });
      await send(again.store, 4);
      await harness.close(again.store);
    } catch {
      // The disk died, or what died of it: that is what is looked at now.
    }
    return said;
  }

  it('refuses them, or has everything accepted and nothing completed', async () => {
    const whole = new CrashingDisk();
    expect(await live(whole)).toEqual({ accepted: new Set([2, 3, 4]), completed: new Set([1]) });
    const tried = { refused: 0, harmless: 0 };
    for (let step = 0; step <= whole.operations.length; step++) {
      const disk = new CrashingDisk(new Map(), step);
      const said = await live(disk);
      await harness.abandon();
      const files = disk.after('killed');
      await found(files);
      for (const { what, files: damaged } of damagesOf(files)) {
        const { numbers, error } = await foundOrRefused(damaged);
        if (error) {
          expect(error).toBeInstanceOf(StoreCorruptError);
          tried.refused++;
          continue;
        }
        const lost = [...said.accepted].filter((number) => !numbers.includes(number));
        const back = [...said.completed].filter((number) => numbers.includes(number));
        expect({ step, what, lost, back }).toEqual({ step, what, lost: [], back: [] });
        tried.harmless++;
      }
    }
    expect(tried.refused).toBeGreaterThan(500);
    expect(tried.harmless).toBeGreaterThan(100);
  });

  async function foundOrRefused(files: Files): Promise<{ numbers: readonly number[]; error?: unknown }> {
    return found(files).then(
      (numbers) => ({ numbers }),
      (error: unknown) => ({ numbers: [], error }),
    );
  }
});

describe('a known directory', () => {
  it.each<[string, (files: Map<string, Buffer>) => unknown, string]>([
    ['a journal that was emptied', (files) => files.set(FIRST, Buffer.alloc(0)), `${FIRST} is damaged at byte 0`],
    ['one that is all zeros', (files) => files.set(FIRST, Buffer.alloc(500)), `${FIRST} is damaged at byte 0`],
    ['no journal', (files) => files.delete(FIRST), `${FIRST} is damaged at byte 0: the file is missing`],
    ['no journal and no note', (files) => void [FIRST, NOTE].map((name) => files.delete(name)), 'the file is missing'],
  ])('with %s is refused, and what to do is said', async (_, damage, problem) => {
    const files = new Map(await killedAfter(1, 2)).set('reserve', Buffer.alloc(1));
    damage(files);
    const { error } = await read(files);
    expect(error).toBeInstanceOf(StoreCorruptError);
    expect(String(error)).toContain(problem);
    expect(String(error)).toContain(
      'Restore the data directory from a copy, or begin anew, which deletes all messages in it (--fresh).',
    );
  });

  it('with a finished journal that ends too early is refused', async () => {
    const disk = new CrashingDisk();
    for (const numbers of [[1, 2], [3]]) {
      const { store } = await harness.reopen({ files: disk });
      for (const number of numbers) await record(store, enqueued(number));
      await harness.close(store);
    }
    const files = disk.after('killed');
    const [, second = 0, end] = recordBounds(get(files, FIRST));
    const { error } = await read(new Map(files).set(FIRST, get(files, FIRST).subarray(0, second)));
    expect(String(error)).toContain(
      `${FIRST} is damaged at byte ${second}: the file ends here, and had ${end} bytes when the next one was begun`,
    );
  });

  it.each(['missing', 'unreadable'])(
    'whose note is %s is read when the journal is intact, and that is said',
    async (state) => {
      const files = new Map(await killedAfter(1));
      if (state === 'missing') files.delete(NOTE);
      else files.set(NOTE, flipped(get(files, NOTE), 14));
      const { numbers, log } = await read(files);
      expect(numbers).toEqual([1]);
      expect(log).toEqual([`synced is ${state}: nothing says whether records are missing at the end of ${FIRST}`]);
      const torn = Buffer.concat([get(files, FIRST), Buffer.from('FRM1')]);
      expect(String((await read(files.set(FIRST, torn))).error)).toContain(
        `synced, which says how much of it was on the disk, is ${state}`,
      );
    },
  );

  it('without a record in it may have no journal: nothing was accepted', async () => {
    const disk = new CrashingDisk();
    await harness.reopen({ files: disk });
    const files = new Map(disk.after('killed'));
    files.delete(FIRST);
    expect(await read(files)).toEqual({ numbers: [], log: [], error: undefined });
  });
});

describe('with sync interval', () => {
  it('a hole that a power cut left behind the last sync is cut off with what follows it, and that is said', async () => {
    const disk = new SyncSignal();
    const { store } = await harness.reopen({ files: disk, sync: 'interval' });
    disk.expectSync(FIRST);
    await record(store, enqueued(1));
    await disk.synced;
    await new Promise(setImmediate);
    await record(store, enqueued(2));
    await record(store, enqueued(3));
    const files = disk.after('killed');
    const [, second = 0] = recordBounds(get(files, FIRST));
    const holed = Buffer.from(get(files, FIRST)).fill(0, second, second + 20);
    const { numbers, log, error } = await read(new Map(files).set(FIRST, holed));
    expect({ numbers, error }).toEqual({ numbers: [1], error: undefined });
    expect(log).toEqual([expect.stringContaining('what was accepted since the last sync may be in them')]);
    const synced = await read(new Map(files).set(FIRST, flipped(get(files, FIRST), second - 1)));
    expect(synced.error).toBeInstanceOf(StoreCorruptError);
  });
});

describe('files of the first format', () => {
  /** A journal as versions before the note wrote it: another magic, and the salt alone. */
  function inFirstFormat(journal: Buffer): Buffer {
    return Buffer.concat([Buffer.from('OFSBUS1\n', 'latin1'), journal.subarray(8, 12), journal.subarray(28)]);
  }

  it('are read, their torn tail is cut off, and the files that follow are of this one', async () => {
    const old = inFirstFormat(get(await killedAfter(1, 2), FIRST));
    for (const [bytes, numbers] of [
      [old, [1, 2]],
      [old.subarray(0, old.length - 1), [1]],
    ] as const) {
      const disk = new CrashingDisk(new Map([[FIRST, bytes]]));
      const { store, events } = await harness.reopen({ files: disk });
      expect(events).toEqual(numbers.map((number) => enqueued(number)));
      await record(store, enqueued(3));
      await harness.close(store);
      const files = disk.after('killed');
      expect(get(files, SECOND).toString('latin1', 0, 7)).toBe('OFSBUS2');
      expect(await found(files)).toEqual([...numbers, 3]);
      const cut = get(files, FIRST).subarray(0, get(files, FIRST).length - 40);
      expect((await read(new Map(files).set(FIRST, cut))).error).toBeInstanceOf(StoreCorruptError);
    }
  });
});
