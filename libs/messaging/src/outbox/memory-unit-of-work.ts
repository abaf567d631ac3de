import { AfterCommit } from './after-commit.js';

/** A transaction in memory: what it does happens when it commits, or not at all. */
export interface MemoryUnitOfWork {
  /** Runs `action` at the commit, in the order of the calls. It must not throw. */
  onCommit(action: () => void): void;
  /**
   * Runs `run` once everything is committed, after the ones before it. What it throws is reported and fails nothing.
   * @throws Error when the transaction is over
   */
  afterCommit(run: () => void): void;
}

/** Runs `work`, then everything it asked to happen; nothing of it when `work` throws, or `signal` is aborted before. */
export async function inMemoryTransaction<Result>(
  work: (tx: MemoryUnitOfWork) => Promise<Result>,
  onError: (error: unknown) => void,
  signal?: AbortSignal,
): Promise<Result> {
  signal?.throwIfAborted();
  const actions: (() => void)[] = [];
  const after = new AfterCommit();
  const tx: MemoryUnitOfWork = {
    onCommit(action) {
      if (!after.isOpen) throw new Error('The transaction is over: call onCommit inside `work`.');
      actions.push(action);
    },
    afterCommit: (run) => after.add(run),
  };
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  const onAbort = (): void => aborted.reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  let result: Result;
  try {
    result = await Promise.race([work(tx), aborted.promise]);
  } finally {
    after.close();
    signal?.removeEventListener('abort', onAbort);
  }
  for (const action of actions) action();
  after.run(onError);
  return result;
}
