import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import type { RunnerWithHooks } from './behaviour.js';
import type { Inbox } from '../inbox/inbox.js';

/** A store with an inbox and an effect that can be counted: what an adapter's spec gives to {@link inboxSuite}. */
export interface InboxEnvironment<Tx> {
  readonly inbox: Inbox<Tx>;
  /** Adds `value` to the effects, as part of the transaction. */
  apply(tx: Tx, value: string): Promise<void>;
  /** The committed effects, sorted. */
  effects(): Promise<string[]>;
  close(): Promise<void>;
}

/** What every inbox has to do. */
export function inboxSuite<Tx>(
  name: string,
  start: () => Promise<InboxEnvironment<Tx>>,
  { describe, it, beforeEach, afterEach }: RunnerWithHooks,
): void {
  describe(`the ${name} inbox`, () => {
    let store: InboxEnvironment<Tx>;

    beforeEach(async () => {
      store = await start();
    });

    afterEach(() => store.close());

    const handle = (consumer: string, id: string, effect = `${consumer}:${id}`) =>
      store.inbox.once(consumer, id, (tx) => store.apply(tx, effect));

    it('handles a message once', async () => {
      equal(await handle('billing', 'm1'), 'handled');
      equal(await handle('billing', 'm1'), 'duplicate');
      deepEqual(await store.effects(), ['billing:m1']);
    });

    it('keeps consumers and messages apart', async () => {
      await handle('billing', 'm1');
      equal(await handle('analytics', 'm1'), 'handled');
      equal(await handle('billing', 'm2'), 'handled');
      deepEqual(await store.effects(), ['analytics:m1', 'billing:m1', 'billing:m2']);
    });

    it('tells what a consumer has handled, once that is committed', async () => {
      if (store.inbox.has === undefined) return;
      const has = (consumer: string, id: string) => store.inbox.has?.(consumer, id);
      const isKnownMeanwhile = Promise.withResolvers<boolean | undefined>();
      await store.inbox.once('billing', 'm1', async () => isKnownMeanwhile.resolve(await has('billing', 'm1')));
      equal(await isKnownMeanwhile.promise, false);
      deepEqual(await Promise.all([has('billing', 'm1'), has('analytics', 'm1'), has('billing', 'm2')]), [
        true,
        false,
        false,
      ]);
    });

    it('records nothing and undoes the effect when the work throws, and handles the next delivery', async () => {
      ok(store.inbox.onceMany);
      const failing = store.inbox.once('billing', 'm1', async (tx) => {
        await store.apply(tx, 'half');
        throw new Error('declined');
      });
      await rejects(failing, /declined/);
      deepEqual(await store.effects(), []);
      equal(await handle('billing', 'm1', 'whole'), 'handled');
      deepEqual(await store.effects(), ['whole']);
    });

    it('lets a second delivery wait for the first, and answers duplicate when that one commits', async () => {
      const gate = Promise.withResolvers<void>();
      const started = Promise.withResolvers<void>();
      const first = store.inbox.once('billing', 'm1', async (tx) => {
        await store.apply(tx, 'first');
        started.resolve();
        await gate.promise;
      });
      await started.promise;
      const second = handle('billing', 'm1', 'second');
      gate.resolve();
      deepEqual(await Promise.all([first, second]), ['handled', 'duplicate']);
      deepEqual(await store.effects(), ['first']);
    });

    it('lets a second delivery wait for the first, and takes over when that one fails', async () => {
      const gate = Promise.withResolvers<void>();
      const started = Promise.withResolvers<void>();
      const first = store.inbox.once('billing', 'm1', async () => {
        started.resolve();
        await gate.promise;
        throw new Error('declined');
      });
      await started.promise;
      const second = handle('billing', 'm1', 'second');
      gate.resolve();
      await rejects(first, /declined/);
      equal(await second, 'handled');
      deepEqual(await store.effects(), ['second']);
    });

    const handleMany = async (...ids: readonly string[]): Promise<void> => {
      if (store.inbox.onceMany === undefined) throw new Error(`The ${name} inbox handles no groups.`);
      await store.inbox.onceMany('billing', ids, async (tx, unhandled) => {
        for (const id of unhandled) await store.apply(tx, `group:${id}`);
      });
    };

    it('handles a group together, and of it only what was not handled before', async () => {
      await handle('billing', 'm2', 'before');
      await handle('analytics', 'm1', 'of another');
      await handleMany('m3', 'm2', 'm1');
      deepEqual(await store.effects(), ['before', 'group:m1', 'group:m3', 'of another']);
      deepEqual([await handle('billing', 'm1'), await handle('billing', 'm3')], ['duplicate', 'duplicate']);
      await handleMany('m1', 'm2', 'm3');
      equal((await store.effects()).length, 4);
    });

    it('records nothing of a group whose work throws', async () => {
      ok(store.inbox.onceMany);
      const failing = store.inbox.onceMany('billing', ['m1', 'm2'], async (tx) => {
        await store.apply(tx, 'half');
        throw new Error('declined');
      });
      await rejects(failing, /declined/);
      deepEqual(await store.effects(), []);
      deepEqual([await handle('billing', 'm1'), await handle('billing', 'm2')], ['handled', 'handled']);
    });

    it('lets groups at the same time wait for what they share', async () => {
      await Promise.all([
        handleMany('m1', 'm2', 'm3'),
        handleMany('m4', 'm3', 'm2'),
        handle('billing', 'm2', 'group:m2'),
      ]);
      deepEqual(await store.effects(), ['group:m1', 'group:m2', 'group:m3', 'group:m4']);
    });

    it('handles one of many deliveries at the same time', async () => {
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => handle('billing', 'm1')));
      equal(outcomes.filter((outcome) => outcome === 'handled').length, 1);
      deepEqual(await store.effects(), ['billing:m1']);
    });
  });
}
