import { beforeEach, describe, expect, it } from '@jest/globals';
import { PermanentError } from './errors.js';
import { createMemoryMessaging, type MemoryMessaging } from './inbox/memory-messaging.js';
import type { Message } from './message.js';
import { classify } from './retry/classify.js';
import { inSteps } from './run-steps.js';
import type { Steps } from './steps.js';
import { outgoing } from './testing/outgoing.js';

class DatabaseAway extends Error {}

/** What each transaction committed, in order: the ids of a group, or one id. */
let log: (string | string[])[];
let messaging: MemoryMessaging;
/** Called in each transaction, before it commits. */
let during: (ids: readonly string[]) => Promise<void> | void;

beforeEach(() => {
  log = [];
  messaging = createMemoryMessaging();
  during = () => undefined;
});

function start(overrides: Partial<Steps<unknown, string, unknown>> = {}) {
  const steps: Steps<unknown, string, unknown> = {
    inbox: messaging.inbox,
    consumer: 'c',
    prepare: async ({ id }) => `prepared ${id}`,
    async commit(prepared, tx, { id }) {
      expect(prepared).toBe(`prepared ${id}`);
      await during([id]);
      (tx as { afterCommit(run: () => void): void }).afterCommit(() => log.push(id));
    },
    async commitMany(all, tx) {
      expect(all.map(({ prepared }) => prepared)).toEqual(all.map(({ message }) => `prepared ${message.id}`));
      const ids = all.map(({ message }) => message.id);
      await during(ids);
      (tx as { afterCommit(run: () => void): void }).afterCommit(() => log.push(ids));
    },
    ...overrides,
  };
  const handler = inSteps(steps);
  return (id: string, { key = id, signal = new AbortController().signal } = {}): Promise<void> => {
    const { envelope } = outgoing(id, { orderingKey: key }, { queue: 'q' });
    const message: Message = { id, type: envelope.type, version: 1, payload: {}, orderingKey: key, envelope };
    return handler(message, { envelope, queue: 'q', attempt: 1, unsettled: 0, signal }, (error) =>
      classify([{ when: DatabaseAway, is: 'dependency-away' }], error),
    );
  };
}

/** A transaction that has begun, and waits. */
function gate(): { readonly reached: Promise<readonly string[]>; open(): void } {
  const reached = Promise.withResolvers<readonly string[]>();
  const opened = Promise.withResolvers<void>();
  during = (ids) => {
    reached.resolve(ids);
    return opened.promise;
  };
  return {
    reached: reached.promise,
    open() {
      during = () => undefined;
      opened.resolve();
    },
  };
}

describe('what is ready together', () => {
  it('is committed together; alone it is committed alone', async () => {
    const handle = start();
    await Promise.all([handle('a'), handle('b'), handle('c')]);
    await handle('d');
    expect(log).toEqual([['a', 'b', 'c'], 'd']);
  });

  it('is what becomes ready while another group is in flight', async () => {
    const handle = start();
    const first = gate();
    const all = [handle('a')];
    await first.reached;
    all.push(handle('b'), handle('c'), handle('d'));
    first.open();
    await Promise.all(all);
    expect(log).toEqual(['a', ['b', 'c', 'd']]);
  });

  it('is one message of an ordering key at a time, in the order in which they came', async () => {
    const handle = start();
    await Promise.all([
      handle('a1', { key: 'a' }),
      handle('a2', { key: 'a' }),
      handle('b', { key: 'b' }),
      handle('a3', { key: 'a' }),
      handle('c', { key: 'c' }),
    ]);
    expect(log).toEqual([['a1', 'b', 'c'], 'a2', 'a3']);
  });

  it('is 64 messages at most', async () => {
    const handle = start();
    await Promise.all(Array.from({ length: 130 }, (_, n) => handle(`m${n}`)));
    expect(log.map((group) => group.length)).toEqual([64, 64, 2]);
  });

  it('does not wait for a slow group for long', async () => {
    const handle = start();
    const first = gate();
    const slow = Promise.all([handle('a'), handle('b')]);
    await first.reached;
    during = () => undefined;
    await Promise.all([handle('c'), handle('d')]);
    expect(log).toEqual([['c', 'd']]);
    first.open();
    await slow;
    expect(log).toEqual([
      ['c', 'd'],
      ['a', 'b'],
    ]);
  });

  it('is committed one by one by an inbox that knows no groups', async () => {
    const { inbox } = messaging;
    const handle = start({ inbox: { once: (...call) => inbox.once(...call) } });
    await Promise.all([handle('a'), handle('b')]);
    expect([...log].sort()).toEqual(['a', 'b']);
  });
});

describe('a copy', () => {
  it('of what was handled before is a duplicate, and no part of the group', async () => {
    const handle = start();
    await handle('b');
    await Promise.all([handle('a'), handle('b'), handle('c')]);
    expect(log).toEqual(['b', ['a', 'c']]);
  });

  it('in the same group is a duplicate, whatever its ordering key', async () => {
    const handle = start();
    await Promise.all([handle('a', { key: 'x' }), handle('a', { key: 'y' }), handle('b'), handle('b')]);
    expect(log).toEqual([['a', 'b']]);
  });

  it('of everything commits nothing', async () => {
    const handle = start();
    await Promise.all([handle('a'), handle('b')]);
    await Promise.all([handle('a'), handle('b')]);
    expect(log).toEqual([['a', 'b']]);
  });
});

describe('a group that fails', () => {
  const bad = (ids: readonly string[]): void => {
    if (ids.includes('bad')) throw new PermanentError('Bad', 'this one is bad');
  };

  it('costs only the bad message in the middle of it, which stays apart from then on', async () => {
    const handle = start();
    during = bad;
    const outcomes = await Promise.allSettled([handle('a'), handle('bad'), handle('c')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'Bad' } });
    expect(log).toEqual(['a', 'c']);
    await Promise.allSettled([handle('d'), handle('bad'), handle('e')]);
    expect(log).toEqual(['a', 'c', ['d', 'e']]);
  });

  it('has its message committed alone once that can succeed', async () => {
    const handle = start();
    during = bad;
    await expect(handle('bad')).rejects.toThrow('this one is bad');
    during = () => undefined;
    await Promise.all([handle('a'), handle('bad'), handle('b')]);
    expect(log).toHaveLength(2);
    expect(log).toEqual(expect.arrayContaining([['a', 'b'], 'bad']));
  });

  it('runs nothing alone while a dependency is away', async () => {
    const handle = start();
    const tried: (readonly string[])[] = [];
    during = (ids) => {
      tried.push(ids);
      throw new DatabaseAway('gone');
    };
    const outcomes = await Promise.allSettled([handle('a'), handle('b'), handle('c')]);
    expect(outcomes.map((each) => (each as { reason?: unknown }).reason)).toEqual(
      Array.from({ length: 3 }, () => expect.any(DatabaseAway)),
    );
    expect(tried).toEqual([['a', 'b', 'c']]);
    during = () => undefined;
    await Promise.all([handle('a'), handle('b'), handle('c')]);
    expect(log).toEqual([['a', 'b', 'c']]);
  });
});

describe('a lock that is lost', () => {
  it('takes its message out of a group that was not sent', async () => {
    const handle = start();
    const first = gate();
    const lost = new AbortController();
    const running = handle('a');
    await first.reached;
    const others = [handle('b'), handle('c')];
    const gone = handle('lost', { signal: lost.signal });
    const after = expect(gone).rejects.toThrow('lock lost');
    await new Promise(setImmediate);
    lost.abort(new Error('lock lost'));
    await after;
    first.open();
    await Promise.all([running, ...others]);
    expect(log).toEqual(['a', ['b', 'c']]);
  });

  it('undoes the group it is part of, and the others are committed without it', async () => {
    const handle = start();
    const first = gate();
    const lost = new AbortController();
    const others = Promise.all([handle('a'), handle('b')]);
    const gone = expect(handle('lost', { signal: lost.signal })).rejects.toThrow('lock lost');
    expect(await first.reached).toEqual(['a', 'b', 'lost']);
    during = () => undefined;
    lost.abort(new Error('lock lost'));
    await Promise.all([gone, others]);
    expect(log).toEqual([['a', 'b']]);
    await handle('lost');
    expect(log).toEqual([['a', 'b'], 'lost']);
  });

  it('before anything else ends it at once', async () => {
    const handle = start();
    const signal = AbortSignal.abort(new Error('lock lost'));
    await expect(handle('a', { signal })).rejects.toThrow('lock lost');
    expect(log).toEqual([]);
  });
});
