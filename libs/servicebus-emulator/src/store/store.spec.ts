import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from '../testing/fast-check.js';
import type { BrokerEvent } from '../entities/events.js';
import { anyEvent, enqueued } from './testing/sample-events.js';
import { StoreHarness } from './testing/store-harness.js';

let harness: StoreHarness;

beforeEach(async () => {
  harness = await StoreHarness.create();
});

afterEach(() => harness.dispose());

describe('a store', () => {
  it('has nothing at first', async () => {
    expect((await harness.reopen()).events).toEqual([]);
  });

  it('gives back what was recorded, in order, over any number of restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anyEvent, { maxLength: 5 }), { maxLength: 4 }), async (runs) => {
        await harness.empty();
        const expected: BrokerEvent[] = [];
        for (const events of runs) {
          const { store, events: found } = await harness.reopen();
          expect(found).toEqual(expected);
          for (const event of events) {
            store.recorder.record(event);
          }
          expected.push(...events);
          await harness.close(store);
        }
        const { store, events: found } = await harness.reopen();
        expect(found).toEqual(expected);
        await harness.close(store);
      }),
      { numRuns: 25 },
    );
  });

  it.each(['none', 'interval', 'always'] as const)(
    'keeps everything over an orderly close with sync %s',
    async (sync) => {
      const { store } = await harness.reopen({ sync });
      store.recorder.record(enqueued(1));
      await store.recorder.flushed();
      store.recorder.record(enqueued(2));
      await harness.close(store);
      expect((await harness.reopen()).events).toEqual([enqueued(1), enqueued(2)]);
    },
  );

  it('shares one write between all who record meanwhile', async () => {
    const { store } = await harness.reopen();
    const promises = Array.from({ length: 1000 }, (_, index) => {
      store.recorder.record(enqueued(index + 1, 'x'));
      return store.recorder.flushed();
    });
    await Promise.all(promises);
    const [name = ''] = await harness.files();
    const records = (await readFile(harness.path(name), 'latin1')).split('FRM1').length - 1;
    expect(records).toBe(1);
  });

  it('does not make more files by being started again', async () => {
    for (let start = 0; start < 5; start += 1) {
      await harness.close((await harness.reopen()).store);
    }
    expect(await harness.files()).toEqual(['journal-0000000001', 'synced']);
  });

  it('takes nothing of an event that it cannot hold', async () => {
    const { store } = await harness.reopen();
    store.recorder.record(enqueued(1));
    const group: BrokerEvent = { type: 'group', events: [enqueued(2), enqueued(-1)] };
    expect(() => store.recorder.record(group)).toThrow('not a whole number');
    store.recorder.record(enqueued(3));
    await harness.close(store);
    expect((await harness.reopen()).events).toEqual([enqueued(1), enqueued(3)]);
  });

  it('makes its directory, however deep, and does not mind that it is deleted before it is closed', async () => {
    const dir = harness.path('deep/deeper');
    const { store } = await harness.reopen({ dir });
    store.recorder.record(enqueued(1));
    await store.recorder.flushed();
    await harness.empty();
    await harness.close(store);
    await harness.reopen({ dir });
  });

  it('is recovered once, before anything is recorded', async () => {
    const store = await harness.open();
    expect(() => store.recorder).toThrow('Call recover() first');
    await store.recover(() => undefined);
    await expect(store.recover(() => undefined)).rejects.toThrow('recovered once');
    await expect(store.compact()).rejects.toThrow('Call snapshotFrom() first');
  });
});
