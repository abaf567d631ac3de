import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ConsumerOptions, startConsumer } from './consumer.js';
import type { Contract } from './contract.js';
import { PermanentError } from './errors.js';
import { handle, type Handler, type Handling } from './handling.js';
import { HandlerTimeoutError } from './time-limit.js';
import { ManualClock } from './testing/manual-clock.js';
import { outgoing } from './testing/outgoing.js';
import { createMemoryTransport, type MemoryTransport } from './transports/memory/index.js';
import type { Middleware, Settlement } from './transport.js';

const contract: Contract = { type: 'work.do', version: 1, kind: 'command', parse: (value) => value };
/** From before versions: its body carries the id. */
const legacy: Contract = {
  ...contract,
  version: 0,
  messageId: (payload) => (payload as { id: string }).id,
  upcast: { to: contract, convert: (payload) => payload },
};

describe('a consumer', () => {
  let transport: MemoryTransport;
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock();
    transport = createMemoryTransport({ topology: { queues: ['work'] }, clock });
  });
  afterEach(() => transport.close());

  const start = (handler: Handler, options: Partial<ConsumerOptions> = {}) =>
    startConsumer({
      transport,
      queue: 'work',
      handlers: [handle(contract, handler)],
      policy: { immediate: [], delayed: [1_000, 1_000], jitter: 'none' },
      concurrency: 1,
      onError: (error) => {
        throw error;
      },
      ...options,
    });

  it('passes a delivery through its middleware from the first to the last, and the settlement back', async () => {
    const order: string[] = [];
    const step =
      (name: string): Middleware =>
      (next) =>
      async (delivery) => {
        order.push(`${name} sees ${delivery.envelope.id}`);
        const settlement = await next(delivery);
        order.push(`${name} sees ${settlement.kind}`);
        return settlement;
      };
    await start(async ({ id }) => void order.push(`handles ${id}`), { middleware: [step('outer'), step('inner')] });
    await transport.send([outgoing('m')]);
    await clock.advance(0);
    expect(order).toEqual(['outer sees m', 'inner sees m', 'handles m', 'inner sees complete', 'outer sees complete']);
  });

  it('shows its middleware the id that a message of version 0 carries in its body', async () => {
    const seen: string[] = [];
    const look: Middleware = (next) => (delivery) => {
      seen.push(delivery.envelope.id);
      return next(delivery);
    };
    await start(async ({ id }) => void seen.push(id), {
      contracts: [legacy],
      middleware: [look],
    });
    await transport.send([outgoing('native', { version: 0, body: Buffer.from('{"id":"own"}') })]);
    await clock.advance(0);
    expect(seen).toEqual(['own', 'own']);
  });

  it('tries again as its policy and its randomness say, then dead-letters', async () => {
    const settlements: Settlement[] = [];
    const watch: Middleware = (next) => async (delivery) => {
      const settlement = await next(delivery);
      settlements.push(settlement);
      return settlement;
    };
    const fail = async (): Promise<void> => {
      throw new Error('away');
    };
    const policy = { immediate: [], delayed: [1_000], jitter: 0.5 };
    await start(fail, { policy, random: () => 0, middleware: [watch] });
    await transport.send([outgoing('m')]);
    await clock.advance(499);
    expect(settlements).toEqual([{ kind: 'retry', delayMs: 500, reason: 'away' }]);
    await clock.advance(1);
    expect(settlements[1]).toMatchObject({ kind: 'dead-letter', reason: 'AttemptsExhausted' });
  });

  it('says in the dead letter why the message failed at first and at last', async () => {
    const failures = ['no route', 'no answer', 'out of order'];
    await start(async (_, { attempt }) => {
      throw new Error(failures[attempt - 1]);
    });
    await transport.send([outgoing('m')]);
    await clock.advance(2_000);
    const { letters } = await transport.deadLetters.peek('work');
    expect(letters.map(({ detail }) => detail)).toEqual([
      'Failed 3 times (handler of "work.do"), at first with: no route, at last with: out of order',
    ]);
  });

  it('dead-letters a permanent failure while it stops, and tries a transient one again', async () => {
    const gate = Promise.withResolvers<void>();
    const fail: Handler = async ({ id }) => {
      await gate.promise;
      throw id === 'bad' ? new PermanentError('Broken', 'for good') : new Error('away');
    };
    const subscription = await start(fail, { concurrency: 2 });
    await transport.send([outgoing('bad'), outgoing('unlucky')]);
    await clock.advance(0);
    const stopped = subscription.stop();
    gate.resolve();
    await stopped;
    const { letters } = await transport.deadLetters.peek('work');
    expect(letters.map(({ id, reason }) => [id, reason])).toEqual([['bad', 'Broken']]);

    const attempts: [string, number][] = [];
    await start(async ({ id }, { attempt }) => void attempts.push([id, attempt]));
    await clock.advance(1_000);
    expect(attempts).toEqual([['unlucky', 2]]);
  });

  it('counts an attempt at the time limit of its handler, whose place stays taken until it returns', async () => {
    const gate = Promise.withResolvers<void>();
    const seen: [string, number][] = [];
    let reason: unknown;
    const slow = handle(
      contract,
      async ({ id }, { attempt, signal }) => {
        seen.push([id, attempt]);
        if (seen.length > 1) return;
        signal.addEventListener('abort', () => (reason = signal.reason));
        await gate.promise;
      },
      { timeoutMs: 5_000, retry: { immediate: [0], delayed: [10_000] } },
    );
    const subscription = await start(async () => {}, { handlers: [slow], clock });
    await transport.send([outgoing('stuck'), outgoing('next')]);
    await clock.advance(4_999);
    expect(reason).toBeUndefined();
    await clock.advance(1);
    expect(reason).toEqual(new HandlerTimeoutError(5_000));
    await clock.advance(60_000);
    expect(seen).toEqual([['stuck', 1]]);
    expect(subscription.health()).toMatchObject({ inFlight: 1 });
    gate.resolve();
    await clock.advance(0);
    expect(seen.slice(1).sort()).toEqual([
      ['next', 1],
      ['stuck', 2],
    ]);
    expect(subscription.health()).toMatchObject({ inFlight: 0 });
  });

  it('refuses a queue without a name, with the other problems', () => {
    const starting = () => start(async () => {}, { queue: '', concurrency: 0 });
    expect(starting).toThrow(
      /for 2 reasons:\n\* The queue has no name: give one\.\n\* The concurrency of queue "" is 0/,
    );
  });

  it('refuses a time limit of nothing or of more than a day', () => {
    for (const timeoutMs of [0, NaN, 86_400_001]) {
      const handlers = [handle(contract, async () => {}, { timeoutMs })];
      expect(() => start(async () => {}, { handlers })).toThrow('timeoutMs must be from 1 to 86400000');
    }
  });

  it('is not started without handlers, with two for one type, or with a version that its handler does not know', () => {
    const handler: Handler = async () => {};
    const work = handle(contract, handler);
    const elsewhere: Contract = { ...contract, version: 2 };
    const strayed: Contract = { ...contract, version: 0, upcast: { to: elsewhere, convert: (payload) => payload } };
    const problemsOf = (handlers: readonly Handling[], contracts: readonly Contract[] = []) => {
      expect(() => start(handler, { handlers, contracts })).toThrow(/^Queue "work" cannot be consumed: /);
      try {
        void start(handler, { handlers, contracts });
      } catch (error) {
        return (error as Error).message.replace('Queue "work" cannot be consumed: ', '').split('; ');
      }
    };
    expect(problemsOf([])).toEqual(['it has no handlers.']);
    expect(problemsOf([handle(contract, handler), work], [strayed])).toEqual([
      'two handlers for "work.do"',
      'work.do version 0 ends as version 2 and does not lead to the contract that is handled, version 1.',
    ]);
  });

  it('is not started with a wrong policy', () => {
    const handlers = [handle(contract, async () => {}, { retry: { delayed: [-1] } })];
    const policyByType = { 'work.do': { jitter: 2 }, other: {} };
    expect(() => start(async () => {}, { policy: { immediate: [6_000] }, policyByType, handlers })).toThrow(
      'For the consumer: Invalid retry policy: immediate[0] must be from 0 to 5000, not 6000. ' +
        'For message type "work.do": Invalid retry policy: jitter must be from 0 to 1, "full" or "none", not 2. ' +
        'For the handler of "work.do": Invalid retry policy: delayed[0] must be from 0 to 604800000, not -1. ' +
        'message type "other" has a retry policy and no handler',
    );
  });

  it('is not started with policies that cannot hold in the declared queue, each named', () => {
    const handlers = [handle(contract, async () => {}, { retry: { delayed: [600, 400] }, timeoutMs: 0 })];
    const declared = { lockDurationMs: 4_999, timeToLiveMs: 1_000, maxDeliveryCount: 6 };
    expect(() => start(async () => {}, { handlers, declared })).toThrow(
      'For the declared queue: lockDurationMs must be from 5000 to 300000, not 4999. ' +
        'For the handler of "work.do": timeoutMs must be from 1 to 86400000, not 0. ' +
        'For the handler of "work.do": the queue gives a copy up after 6 deliveries, and needs 7: ' +
        '3 that end in a crash, 3 that are handed back, and the one that settles it. ' +
        'For the handler of "work.do": the delays may last 1000 ms in all, and the queue keeps a message for 1000 ms: ' +
        'shorten them, or raise its time to live.',
    );
  });

  it('has no handler for an older version, whose messages arrive as those of the latest', () => {
    expect(() => handle(legacy, async () => {})).toThrow('arrive as work.do version 1');
  });

  it('gives a handler the payload of its contract, and no handler that of another', () => {
    const order: Contract<{ readonly total: number }> = { ...contract, parse: (value) => value as { total: number } };
    const both = [
      handle(order, async ({ payload }) => void payload.total.toFixed()),
      handle(order, async ({ payload: { total } }: { payload: { total: number } }) => void total),
      // @ts-expect-error: the contract has no name
      handle(order, async ({ payload }) => void payload.name),
      // @ts-expect-error: the handler wants the payload of another contract
      handle(order, async ({ payload }: { payload: { name: string } }) => void payload),
    ];
    expect(both.map((handling) => handling.contract)).toEqual([order, order, order, order]);
  });
});
