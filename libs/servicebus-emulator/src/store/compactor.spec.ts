import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BrokerEvent, SingleEvent } from '../entities/events.js';
import { StoreCorruptError } from './errors.js';
import { enqueued, removed } from './testing/sample-events.js';
import { StoreHarness } from './testing/store-harness.js';

let harness: StoreHarness;

beforeEach(async () => {
  harness = await StoreHarness.create();
});

afterEach(() => harness.dispose());

describe('compaction', () => {
  /** Recovers the set of messages that are there. */
  function live(events: readonly BrokerEvent[]): Map<number, SingleEvent> {
    const messages = new Map<number, SingleEvent>();
    for (const event of events) {
      if (event.type === 'enqueued') {
        messages.set(event.message.sequenceNumber, event);
      } else if (event.type === 'removed') {
        messages.delete(event.sequenceNumber);
      }
    }
    return messages;
  }

  it('replaces the journal by what is left of it', async () => {
    const { store } = await harness.reopen();
    store.snapshotFrom(() => [enqueued(2)]);
    for (const event of [enqueued(1), enqueued(2), removed(1)]) {
      store.recorder.record(event);
    }
    await store.compact();
    store.recorder.record(enqueued(3));
    await harness.close(store);
    expect(await harness.files()).toEqual(['journal-0000000002', 'snapshot-0000000002', 'synced']);
    expect((await harness.reopen()).events).toEqual([enqueued(2), enqueued(3)]);
  });

  it('divides journal and snapshot at one instant, while recording goes on', async () => {
    const { store } = await harness.reopen();
    const state = new Map<number, SingleEvent>();
    store.snapshotFrom(() => [...state.values()]);
    const compactions: Promise<void>[] = [];
    for (let number = 1; number <= 3000; number += 1) {
      store.recorder.record(enqueued(number, 'x'.repeat(300)));
      state.set(number, enqueued(number, 'x'.repeat(300)));
      if (number % 3 === 0) {
        store.recorder.record(removed(number));
        state.delete(number);
      }
      if (number % 400 === 0) {
        compactions.push(store.compact());
      }
      if (number % 50 === 0) {
        await store.recorder.flushed();
      }
    }
    await Promise.all(compactions);
    await harness.close(store);
    const { events } = await harness.reopen();
    // Nothing is told twice: the snapshot ends where the journal begins.
    expect(events.filter(({ type }) => type === 'enqueued')).toHaveLength(live(events).size + countRemoved(events));
    expect([...live(events).keys()]).toEqual([...state.keys()]);
  });

  it('fails alone when the source does', async () => {
    const { store } = await harness.reopen();
    store.snapshotFrom(() => {
      throw new Error('no snapshot today');
    });
    store.recorder.record(enqueued(1));
    await expect(store.compact()).rejects.toThrow('no snapshot today');
    await store.recorder.flushed();
    store.snapshotFrom(function* () {
      yield enqueued(1);
      throw new Error('half a snapshot');
    });
    await expect(store.compact()).rejects.toThrow('half a snapshot');
    store.recorder.record(enqueued(2));
    await harness.close(store);
    expect(await harness.files()).not.toContain('snapshot.unfinished');
    expect((await harness.reopen()).events).toEqual([enqueued(1), enqueued(2)]);
  });

  it('happens by itself when the journal has grown', async () => {
    const { store } = await harness.reopen({ compactAfterBytes: 20_000 });
    store.snapshotFrom(() => [enqueued(7)]);
    for (let number = 1; number <= 100; number += 1) {
      store.recorder.record(enqueued(number, 'x'.repeat(1000)));
      await store.recorder.flushed();
    }
    await harness.close(store);
    const names = await harness.files();
    expect(names.filter((name) => name.startsWith('snapshot'))).toHaveLength(1);
    expect(names).not.toContain('journal-0000000001');
  });

  it('is undone or finished, wherever a crash met it', async () => {
    await harness.write(enqueued(1), enqueued(2));
    const { store } = await harness.reopen();
    store.snapshotFrom(() => [enqueued(2)]);
    const before = await harness.read('journal-0000000001');
    store.recorder.record(removed(1));
    await store.recorder.flushed();
    const second = await harness.read('journal-0000000002');
    await store.compact();
    await harness.close(store);
    const snapshot = await harness.read('snapshot-0000000003');

    // Before the snapshot had its name: the journal counts.
    await rm(harness.path('snapshot-0000000003'));
    await writeFile(harness.path('snapshot.unfinished'), snapshot.subarray(0, 40));
    await writeFile(harness.path('journal-0000000001'), before);
    await writeFile(harness.path('journal-0000000002'), second);
    const undone = await harness.reopen();
    expect(undone.events).toEqual([enqueued(1), enqueued(2), removed(1)]);
    expect(await harness.files()).not.toContain('snapshot.unfinished');
    await harness.close(undone.store);

    // After it had its name, with the old files still there: the snapshot counts, and they go.
    await writeFile(harness.path('snapshot-0000000003'), snapshot);
    await rm(harness.path('journal-0000000001'));
    const finished = await harness.reopen();
    expect(finished.events).toEqual([enqueued(2)]);
    expect(await harness.files()).not.toContain('journal-0000000002');
  });

  it('refuses a snapshot that is damaged or cut short anywhere', async () => {
    const { store } = await harness.reopen();
    store.snapshotFrom(() => [enqueued(1), enqueued(2)]);
    await store.compact();
    await harness.close(store);
    const file = harness.path('snapshot-0000000002');
    const whole = await readFile(file);
    for (let at = 0; at < whole.length; at += 1) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      for (const damaged of [flipped, whole.subarray(0, at)]) {
        await writeFile(file, damaged);
        expect(await harness.refusal()).toBeInstanceOf(StoreCorruptError);
      }
    }
  });

  function countRemoved(events: readonly BrokerEvent[]): number {
    return events.filter(({ type }) => type === 'removed').length;
  }
});
