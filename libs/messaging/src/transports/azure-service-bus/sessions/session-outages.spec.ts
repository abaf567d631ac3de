import { afterEach, beforeEach, expect, it } from '@jest/globals';
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
