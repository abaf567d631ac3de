import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../../test/service-bus-environment.js';
import { receiveOrdered, sendOrdered } from '../../../testing/sessions/session-bench.js';
import { whileTimePasses } from '../../../testing/while-time-passes.js';

let environment: ServiceBusEnvironment;

beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
});
afterEach(() => environment.close());

it('aborts what is in hand when its connection is lost, and goes on with the session over another one', async () => {
  const { transport, proxy } = await environment.connectThroughProxy();
  const work = await receiveOrdered(transport);
  await sendOrdered(transport, 'a1', 'a2');
  const cut = await work.of('a1');
  proxy.cut();
  while (!cut.signal.aborted) await new Promise(setImmediate);
  cut.settle({ kind: 'complete' });
  const again = await whileTimePasses(environment, 1_000, work.complete('a1'));
  expect(again).toMatchObject({ attempt: 2, unsettled: 1 });
  expect((await work.complete('a2')).attempt).toBe(1);
  expect(work.subscription.health().state).toBe('running');
  expect(work.errors.map(({ code }) => code)).toContain('SettlementFailed');
});

it('aborts what is in hand when the lock of its session ran out, and applies nothing of it', async () => {
  const { transport } = await environment.connectThroughProxy();
  const work = await receiveOrdered(transport);
  await sendOrdered(transport, 'a1', 'a2');
  const lost = await work.of('a1');
  // As if this process had not been able to renew it: the broker's time goes on, and ours does not.
  environment.broker.clock.advance(environment.lockDurationMs + 1_000);
  while (!lost.signal.aborted) await new Promise(setImmediate);
  lost.settle({ kind: 'dead-letter', reason: 'Refused', detail: 'too late' });
  expect(await work.complete('a1')).toMatchObject({ attempt: 2, unsettled: 1 });
  expect((await work.complete('a2')).attempt).toBe(1);
  const { letters } = await transport.deadLetters.peek('ordered');
  expect(letters).toEqual([]);
});

it('starts while the broker cannot be reached, says so, and receives as soon as it can', async () => {
  const { transport, proxy } = await environment.connectThroughProxy();
  const sender = await environment.connect();
  proxy.refuse();
  const work = await receiveOrdered(transport);
  expect(work.subscription.health().state).toBe('connecting');
  await sendOrdered(sender, 'a1');
  proxy.welcome();
  await whileTimePasses(environment, 1_000, work.complete('a1'));
  expect(work.subscription.health()).toMatchObject({ state: 'running' });
});

it('ends a stop in time although the broker says nothing any more', async () => {
  const { transport, proxy } = await environment.connectThroughProxy();
  const work = await receiveOrdered(transport);
  await sendOrdered(transport, 'a1');
  await work.of('a1');
  proxy.silence();
  await whileTimePasses({ advance: async (ms) => environment.clock.advance(ms) }, 1_000, work.subscription.stop(5_000));
  expect(work.subscription.health().state).toBe('stopped');
});

it('replaces a connection on which the broker falls silent, and says that it is stalled until it is answered', async () => {
  const { transport, proxy } = await environment.connectThroughProxy({ stallAfterMs: 60_000 });
  const sender = await environment.connect();
  const work = await receiveOrdered(transport);
  expect(work.subscription.health().state).toBe('running');
  proxy.silence();
  while (!work.errors.some(({ code }) => code === 'Stalled')) {
    environment.clock.advance(60_000);
    await new Promise(setImmediate);
  }
  expect(work.subscription.health().state).toBe('stalled');
  proxy.unsilence();
  proxy.cut();
  await sendOrdered(sender, 'a1');
  await work.complete('a1');
  expect(work.subscription.health().state).toBe('running');
});

it('counts a holder that was frozen once, however many locks ran out meanwhile, and applies nothing of what it returns', async () => {
  const { transport, proxy } = await environment.connectThroughProxy();
  const frozen = await receiveOrdered(transport);
  await sendOrdered(transport, 'a1', 'a2');
  const stale = await frozen.of('a1');
  proxy.silence();
  // Its further requests for a session are still at the broker, which may give them this one.
  for (let locks = 0; locks < 5; locks += 1) environment.broker.clock.advance(environment.lockDurationMs + 1);
  const other = await receiveOrdered(await environment.connect());
  const again = await other.of('a1');
  expect(again).toMatchObject({ attempt: 2, unsettled: 1 });
  proxy.unsilence();
  proxy.cut();
  while (!stale.signal.aborted) await new Promise(setImmediate);
  stale.settle({ kind: 'retry', delayMs: 0, reason: 'too late' });
  again.settle({ kind: 'retry', delayMs: 0, reason: 'once' });
  expect(await other.complete('a1')).toMatchObject({ attempt: 3, unsettled: 0, firstFailure: 'once' });
  expect((await other.complete('a2')).attempt).toBe(1);
});

describe('a connection that is cut', () => {
  // Long waits of the SDK, so that only what we do ourselves is fast enough for the test.
  const options = { requestTimeoutMs: 120_000, stallAfterMs: 120_000 };

  it.each([1, 4])('is replaced although all of %i places hold a session, and none asks for another', async (places) => {
    const { transport, proxy } = await environment.connectThroughProxy(options);
    const work = await receiveOrdered(transport, places);
    const names = ['a1', 'b1', 'c1', 'd1'].slice(0, places);
    await sendOrdered(transport, ...names);
    const held = await Promise.all(names.map((name) => work.of(name)));
    proxy.cut();
    while (held.some(({ signal }) => !signal.aborted)) await new Promise(setImmediate);
    for (const delivery of held) delivery.settle({ kind: 'complete' });
    for (const name of names) expect((await work.complete(name)).attempt).toBe(2);
    expect(work.subscription.health().state).toBe('running');
  });

  // One token is for the look whether sessions can be accepted, the next for the first session, then one for its state.
  it.each([1, 2, 3])('is replaced at once at the start, with the request for token %i unanswered', async (n) => {
    const { transport, proxy } = await environment.connectThroughProxy(options);
    proxy.cutAt('put-token', n);
    const work = await receiveOrdered(transport, 1);
    await sendOrdered(await environment.connect(), 'a1');
    await work.complete('a1');
    expect(work.subscription.health().state).toBe('running');
  });

  it.each([1, 2, 3])('is replaced at once after another loss, with the request for token %i unanswered', async (n) => {
    const { transport, proxy } = await environment.connectThroughProxy(options);
    const work = await receiveOrdered(transport, 1);
    proxy.cutAt('put-token', n);
    proxy.cut();
    await sendOrdered(await environment.connect(), 'a1');
    await work.complete('a1');
    expect(work.subscription.health().state).toBe('running');
  });

  it('is followed by one on which a session brings more messages than rhea keeps of a link', async () => {
    const { transport, proxy } = await environment.connectThroughProxy(options);
    const work = await receiveOrdered(transport, 1);
    await sendOrdered(transport, 'a0');
    const cut = await work.of('a0');
    proxy.cut();
    while (!cut.signal.aborted) await new Promise(setImmediate);
    cut.settle({ kind: 'complete' });
    const names = Array.from({ length: 2_100 }, (_, index) => `a${index + 1}`);
    for (let from = 0; from < names.length; from += 100) await sendOrdered(transport, ...names.slice(from, from + 100));
    for (const name of ['a0', ...names]) await work.complete(name);
    expect(work.errors.map(({ code }) => code).sort()).toEqual(['LockLost', 'SettlementFailed', 'Unreachable']);
  });
});
