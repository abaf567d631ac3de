import { readdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreLockedError } from './errors.js';
import { StoreHarness } from './testing/store-harness.js';

let harness: StoreHarness;

beforeEach(async () => {
  harness = await StoreHarness.create();
});

afterEach(() => harness.dispose());

describe('the lock', () => {
  it('keeps a second broker out, until the first is closed', async () => {
    const { store } = await harness.reopen();
    await expect(harness.open()).rejects.toThrow(StoreLockedError);
    await expect(harness.open()).rejects.toThrow(`is in use by process ${process.pid}`);
    await harness.close(store);
    await harness.reopen();
  });

  it('lets exactly one of many have it', async () => {
    await writeFile(harness.path('lock-7'), JSON.stringify({ pid: 2 ** 22 + 1, released: false }));
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => harness.open()));
    const winners = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(winners).toHaveLength(1);
    for (const attempt of attempts) {
      expect(attempt.status === 'fulfilled' || attempt.reason).toEqual(
        attempt.status === 'fulfilled' ? true : expect.any(StoreLockedError),
      );
    }
  });

  it.each([
    ['of a process that is no more', JSON.stringify({ pid: 2 ** 22 + 1, released: false })],
    ['of an earlier process with the id of this one', JSON.stringify({ pid: process.pid, startedAt: '1' })],
    ['that a power cut left empty', ''],
  ])('is taken over from a holder %s', async (_name, content) => {
    await writeFile(harness.path('lock-3'), content);
    await harness.reopen();
    expect((await readdir(harness.dir)).filter((name) => name.startsWith('lock'))).toEqual(['lock-4']);
  });
});
