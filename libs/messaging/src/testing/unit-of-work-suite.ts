import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import type { RunnerWithHooks } from './behaviour.js';

/** What a unit of work offers to its callbacks, of any store. */
interface Tx {
  afterCommit(run: () => void): void;
}

/** A store with units of work and an effect that can be seen: what an adapter's spec gives to {@link unitOfWorkSuite}. */
export interface UnitOfWorkEnvironment<T extends Tx> {
  transaction<Result>(work: (tx: T) => Promise<Result>, options?: { readonly signal?: AbortSignal }): Promise<Result>;
  /** Adds `value` to the effects, as part of the transaction. */
  apply(tx: T, value: string): Promise<void>;
  /** The committed effects, sorted. */
  effects(): Promise<string[]>;
  close(): Promise<void>;
}

/** What every unit of work has to do. `start` is given where to report what callbacks throw. */
export function unitOfWorkSuite<T extends Tx>(
  name: string,
  start: (onError: (error: unknown) => void) => Promise<UnitOfWorkEnvironment<T>>,
  { describe, it, beforeEach, afterEach }: RunnerWithHooks,
): void {
  describe(`a unit of work of the ${name} store`, () => {
    let store: UnitOfWorkEnvironment<T>;
    let ran: unknown[];

    beforeEach(async () => {
      ran = [];
      store = await start((error) => ran.push(error));
    });

    afterEach(() => store.close());

    it('runs what comes after its commit in order, with everything committed', async () => {
      const seen: Promise<string[]>[] = [];
      const answer = await store.transaction(async (tx) => {
        tx.afterCommit(() => ran.push(1));
        tx.afterCommit(() => seen.push(store.effects()));
        tx.afterCommit(() => ran.push(2));
        await store.apply(tx, 'kept');
        deepEqual(ran, []);
        return 'answer';
      });
      deepEqual([answer, ran, await Promise.all(seen)], ['answer', [1, 2], [['kept']]]);
    });

    it('reports what is thrown there, now or later, and goes on', async () => {
      const [now, later] = [new Error('now'), new Error('later')];
      await store.transaction(async (tx) => {
        tx.afterCommit(() => {
          throw now;
        });
        const failLater: () => unknown = () => Promise.reject(later);
        tx.afterCommit(failLater);
        tx.afterCommit(() => ran.push('next'));
      });
      await Promise.resolve();
      deepEqual(
        ran.filter((each) => each !== later),
        [now, 'next'],
      );
      ok(ran.includes(later));
    });

    it('runs nothing after a rollback, and passes the error on', async () => {
      const declined = new Error('declined');
      const failing = store.transaction(async (tx) => {
        tx.afterCommit(() => ran.push('after'));
        await store.apply(tx, 'undone');
        throw declined;
      });
      await rejects(failing, (error) => error === declined);
      deepEqual([ran, await store.effects()], [[], []]);
    });

    it('takes nothing more once it is over, committed or not', async () => {
      const escaped: T[] = [];
      await store.transaction(async (tx) => void escaped.push(tx));
      const failing = store.transaction(async (tx) => {
        escaped.push(tx);
        throw new Error('declined');
      });
      await rejects(failing, /declined/);
      equal(escaped.length, 2);
      for (const tx of escaped) throws(() => tx.afterCommit(() => undefined), /The transaction is over/);
    });

    it('does not begin with a signal that is aborted', async () => {
      const reason = new Error('too late');
      const refused = store.transaction(async () => ran.push('work'), { signal: AbortSignal.abort(reason) });
      await rejects(refused, (error) => error === reason);
      deepEqual(ran, []);
    });

    it('is undone by an abort while its work runs, although the work never ends', async () => {
      const controller = new AbortController();
      const reason = new Error('given up');
      const work = async (tx: T): Promise<void> => {
        tx.afterCommit(() => ran.push('after'));
        await store.apply(tx, 'undone');
        controller.abort(reason);
        await new Promise<never>(() => undefined);
      };
      await rejects(store.transaction(work, { signal: controller.signal }), (error) => error === reason);
      deepEqual([ran, await store.effects()], [[], []]);
    });

    it('is not undone by an abort after its commit', async () => {
      const controller = new AbortController();
      const { signal } = controller;
      await store.transaction(
        async (tx) => {
          tx.afterCommit(() => controller.abort());
          tx.afterCommit(() => ran.push('after'));
          await store.apply(tx, 'kept');
        },
        { signal },
      );
      deepEqual([signal.aborted, ran, await store.effects()], [true, ['after'], ['kept']]);
    });
  });
}
