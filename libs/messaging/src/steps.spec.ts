import { describe, expect, it } from '@jest/globals';
import type { Contract } from './contract.js';
import { createDispatch } from './dispatch.js';
import { handle } from './handling.js';
import { planHandlings } from './handling-plan.js';
import { createMemoryMessaging } from './inbox/memory-messaging.js';
import { createMessageReader } from './message-reader.js';
import type { Steps } from './steps.js';
import { outgoing } from './testing/outgoing.js';
import type { Delivery } from './transport.js';

interface Order {
  readonly total: number;
}
const orderPaid: Contract<Order> = {
  type: 'order.paid',
  version: 1,
  kind: 'event',
  parse: (value) => value as Order,
};
const read = createMessageReader([orderPaid]);

function delivered(id: string, signal = new AbortController().signal, attempt = 3): Delivery {
  const body = Buffer.from('{"total":7}');
  const { envelope } = outgoing(id, { type: 'order.paid', body }, { queue: 'q' });
  return { envelope, queue: 'q', attempt, unsettled: 0, signal };
}

function setUp(overrides: Partial<Steps<Order, string, object>> = {}) {
  const { inbox } = createMemoryMessaging();
  const log: unknown[] = [];
  const steps: Steps<Order, string, object> = {
    inbox,
    consumer: 'billing',
    async prepare({ payload }, _signal, { attempt }) {
      log.push(['prepare', payload.total, attempt]);
      return `charge ${payload.total}`;
    },
    async commit(prepared, _tx, { id }) {
      log.push(['commit', prepared, id]);
    },
    ...overrides,
  };
  const { handler } = handle(orderPaid, steps);
  return { log, inbox, run: (delivery: Delivery) => handler(read(delivery.envelope), delivery) };
}

describe('a handler in two steps', () => {
  it('prepares with message and attempt, then commits what it prepared', async () => {
    const { log, run } = setUp();
    await run(delivered('m'));
    expect(log).toEqual([
      ['prepare', 7, 3],
      ['commit', 'charge 7', 'm'],
    ]);
  });

  it('opens its transaction after it has prepared', async () => {
    const { inbox } = createMemoryMessaging();
    const log: string[] = [];
    const { run } = setUp({
      inbox: {
        once(...call) {
          log.push('begin');
          return inbox.once(...call);
        },
      },
      async prepare() {
        await Promise.resolve();
        log.push('prepared');
        return '';
      },
      async commit() {
        log.push('commit');
      },
    });
    await run(delivered('m'));
    expect(log).toEqual(['prepared', 'begin', 'commit']);
  });

  it('commits a message once, under its own name in the inbox', async () => {
    const { log, run, inbox } = setUp();
    await run(delivered('m'));
    await run(delivered('m'));
    expect(log.filter((entry) => (entry as string[])[0] === 'commit')).toHaveLength(1);
    expect(await inbox.once('billing', 'm', async () => {})).toBe('duplicate');
    expect(await inbox.once('another', 'm', async () => {})).toBe('handled');
  });

  it('begins no transaction when preparing fails, and records nothing when committing does', async () => {
    let fails: 'prepare' | 'commit' | undefined = 'prepare';
    const commits: string[] = [];
    const { run, inbox } = setUp({
      async prepare() {
        if (fails === 'prepare') throw new Error('gateway away');
        return '';
      },
      async commit() {
        commits.push('commit');
        if (fails === 'commit') throw new Error('disk full');
      },
    });
    await expect(run(delivered('m'))).rejects.toThrow('gateway away');
    expect(commits).toEqual([]);
    fails = 'commit';
    await expect(run(delivered('m'))).rejects.toThrow('disk full');
    fails = undefined;
    await run(delivered('m'));
    expect(commits).toEqual(['commit', 'commit']);
    expect(await inbox.once('billing', 'm', async () => {})).toBe('duplicate');
  });

  it('hands the signal to both, so that an abort while it commits undoes it', async () => {
    const abort = new AbortController();
    const signals: AbortSignal[] = [];
    const { run, inbox } = setUp({
      async prepare(_message, signal) {
        signals.push(signal);
        return '';
      },
      commit() {
        abort.abort(new Error('lock lost'));
        return new Promise(() => {});
      },
    });
    await expect(run(delivered('m', abort.signal))).rejects.toThrow('lock lost');
    expect(signals).toEqual([abort.signal]);
    expect(await inbox.once('billing', 'm', async () => {})).toBe('handled');
  });

  it('fits its contract, or does not compile', () => {
    const { inbox } = createMemoryMessaging();
    const steps = { inbox, consumer: 'c', prepare: async () => 1, commit: async () => {} };
    const foreign: Steps<{ readonly name: string }, number, object> = steps;
    // @ts-expect-error: the contract has no name
    expect(handle(orderPaid, foreign)).toBeDefined();
    expect(handle(orderPaid, steps)).toBeDefined();
  });
});

describe('a delivery after the last attempt', () => {
  const { signal } = new AbortController();
  const dispatchTo = (steps: Steps<Order, undefined, object>) =>
    createDispatch({
      read,
      handlers: planHandlings(new Map([['order.paid', handle(orderPaid, steps)]]), { policy: { delayed: [] } }),
    });

  it('completes the message whose effect is there, since only its settlement was lost, and no other', async () => {
    const log: string[] = [];
    const { inbox } = createMemoryMessaging();
    const dispatch = dispatchTo({
      inbox,
      consumer: 'billing',
      prepare: async ({ id }) => void log.push(`prepare ${id}`),
      commit: async (_, __, { id }) => void log.push(`commit ${id}`),
    });
    expect(await dispatch(delivered('m', signal, 1))).toEqual({ kind: 'complete' });
    expect(await dispatch(delivered('m', signal, 2))).toEqual({ kind: 'complete' });
    expect(await dispatch(delivered('other', signal, 2))).toMatchObject({ reason: 'AttemptsExhausted' });
    expect(log).toEqual(['prepare m', 'commit m']);
  });

  it('is dead-lettered with what the inbox said when that does not know', async () => {
    const { inbox } = createMemoryMessaging();
    const failing = (error: Error) =>
      dispatchTo({
        inbox: { once: inbox.once.bind(inbox), has: () => Promise.reject(error) },
        consumer: 'billing',
        prepare: async () => undefined,
        commit: async () => {},
      });
    const broken = failing(new Error('no such table'));
    expect(await broken(delivered('m', signal, 2))).toMatchObject({
      reason: 'AttemptsExhausted',
      detail: expect.stringContaining('no such table'),
    });
  });
});
