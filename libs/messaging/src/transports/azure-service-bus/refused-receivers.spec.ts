import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { outgoing } from '../../testing/outgoing.js';
import { type Receiver, receive } from '../../testing/receive.js';
import { until } from '../../testing/until.js';

const manyTimes = 1_000_000;
/** The pauses while they grow, in milliseconds; half of each is left to chance, and nothing begins earlier for that. */
const pauses = [250, 500, 1_000, 2_000, 4_000];
/** As long as the one that would follow. */
const maxReconnectDelayMs = 8_000;

let environment: ServiceBusEnvironment;
/** Stands still, so that each attempt waits for the test. */
let clock: ManualClock;
beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
  clock = new ManualClock();
});
afterEach(() => environment.close());

const options = () => ({ clock, maxReconnectDelayMs, stallAfterMs: 3_600_000 });

/** Has the broker refuse receivers; answers how often it did. */
function refuse(): () => number {
  const { faults } = environment.broker;
  const { id } = faults.add({ kind: 'throttle', entity: 'work', times: manyTimes });
  return () => manyTimes - (faults.list().find((fault) => fault.id === id)?.remaining ?? 0);
}

/**
 * Expects one attempt after each pause, and none before. `waiting` actions are planned when whoever attaches waits for its
 * turn: a receiver that does not wait never gets there.
 */
async function expectOneAfterEachPause(waiting: number, attempts: () => number): Promise<void> {
  await until(() => clock.pending === waiting);
  const before = attempts();
  for (const [index, pauseMs] of pauses.entries()) {
    await clock.advance(pauseMs);
    await until(() => attempts() > before + index && clock.pending === waiting);
    expect(attempts()).toBe(before + index + 1);
  }
}

async function expectDelivery(id: string, work: Receiver): Promise<void> {
  await (await environment.connect()).send([outgoing(id)]);
  expect((await work.complete()).envelope.id).toBe(id);
  expect(work.subscription.health().state).toBe('running');
}

describe('a receiver attaches again no more often than it is to', () => {
  it('while the broker refuses it', async () => {
    const work = await receive(await environment.connect(options()), 'work');
    const refused = refuse();
    environment.broker.faults.disrupt({ kind: 'detach-links', entity: 'work' });
    await expectOneAfterEachPause(2, refused);
    expect(work.subscription.health().state).toBe('connecting');
    environment.broker.faults.clear();
    await clock.advance(maxReconnectDelayMs);
    await expectDelivery('m', work);
    // It was attached for good: a loss now is a first one.
    environment.broker.faults.disrupt({ kind: 'drop-connections', entity: 'work' });
    await expectDelivery('n', work);
  });

  it('while the broker refuses it from the start, and the SDK tries in two places', async () => {
    const { transport, proxy } = await environment.connectThroughProxy(options());
    proxy.refuse();
    const work = await receive(transport, 'work');
    const refused = refuse();
    proxy.welcome();
    await expectOneAfterEachPause(4, refused);
    expect(work.subscription.health().state).toBe('connecting');
    environment.broker.faults.clear();
    await clock.advance(maxReconnectDelayMs);
    await expectDelivery('m', work);
  });

  it('while the broker grants its link and detaches it', async () => {
    const work = await receive(await environment.connect(options()), 'work');
    let granted = 0;
    const detaching = setInterval(() => {
      granted += environment.broker.faults.disrupt({ kind: 'detach-links', entity: 'work' });
    });
    await until(() => granted > 0);
    await expectOneAfterEachPause(2, () => granted);
    clearInterval(detaching);
    await clock.advance(maxReconnectDelayMs);
    await expectDelivery('m', work);
  });

  it('while nobody listens where the broker was', async () => {
    const { transport, proxy } = await environment.connectThroughProxy(options());
    const work = await receive(transport, 'work');
    proxy.refuse();
    await until(() => work.subscription.health().state === 'connecting');
    await expectOneAfterEachPause(3, () => work.errors.length);
    proxy.welcome();
    await clock.advance(maxReconnectDelayMs);
    await expectDelivery('m', work);
  });
});
