import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import { connectionStringTo, ServiceBusEnvironment } from '../../test/service-bus-environment.js';
import { type Consumer, startConsumer } from '../consumer.js';
import type { Contract } from '../contract.js';
import { DependencyAwayError } from '../errors.js';
import { handle } from '../handling.js';
import { outgoing } from '../testing/outgoing.js';
import { receive } from '../testing/receive.js';
import type { TestedTransport } from '../testing/transport-harness.js';
import type { Delivery } from '../transport.js';

const work: Contract = { type: 'work.do', version: 1, kind: 'event', parse: (value) => value };

let environment: ServiceBusEnvironment;

beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
});

afterEach(() => environment.close());

function consume(
  transport: TestedTransport,
  handler: (id: string, delivery: Delivery) => Promise<void>,
): Promise<Consumer> {
  return startConsumer({
    transport,
    queue: 'work',
    handlers: [handle(work, ({ id }, delivery) => handler(id, delivery))],
    concurrency: 32,
    policy: { immediate: [] },
    clock: environment.clock,
    onError: () => {},
  });
}

/** Moves time on in small steps until something is so. */
async function until(check: () => boolean, stepMs = 1_000): Promise<void> {
  for (let step = 0; !check(); step += 1) {
    if (step > 2_000) throw new Error('It did not happen in time.');
    await environment.advance(stepMs);
  }
}

it('dead-letters only the killer of 32 in hand, after four dead processes', async () => {
  const sender = await environment.connect();
  const ids = Array.from({ length: 31 }, (_, index) => `good${index}`);
  await sender.send([...ids.slice(0, 16), 'killer', ...ids.slice(16)].map((id) => outgoing(id)));
  const handled = new Set<string>();
  let deaths = 0;
  for (;;) {
    const process = await environment.connect();
    const died = Promise.withResolvers<void>();
    let isDead = false;
    let inHand = 0;
    const consumer = await consume(process, async (id, { unsettled }) => {
      inHand += 1;
      if (id === 'killer') {
        // The first two times its neighbours are in hand with it.
        if (unsettled < 2) await until(() => inHand >= 32);
        isDead = true;
        died.resolve();
        return new Promise(() => {});
      }
      if (unsettled < 2) {
        await new Promise<void>((resolve) => environment.clock.schedule(environment.now() + 600_000, resolve));
      }
      if (!isDead) handled.add(id);
    });
    const done = until(() => isDead || handled.size === 31);
    await Promise.race([died.promise, done]);
    if (!isDead) {
      await until(() => handled.size === 31);
      const { letters } = await sender.deadLetters.peek('work');
      expect(letters.map(({ id, reason }) => `${id}: ${reason}`)).toEqual(['killer: CrashedRepeatedly']);
      await consumer.stop();
      break;
    }
    deaths += 1;
    await environment.crash(process);
    await environment.advance(70_000);
  }
  expect(deaths).toBe(4);
});

it('gives up none of 20 messages that five processes had in hand when they were killed', async () => {
  const sender = await environment.connect();
  const ids = Array.from({ length: 20 }, (_, index) => `good${index}`);
  await sender.send(ids.map((id) => outgoing(id)));
  for (let deaths = 0; deaths < 5; deaths += 1) {
    const mortal = await environment.connect();
    const doomed = await receive(mortal, 'work', 20);
    await until(() => doomed.waiting === 20);
    await environment.crash(mortal);
    await environment.advance(70_000);
  }
  const handled = new Set<string>();
  const consumer = await consume(await environment.connect(), async (id) => void handled.add(id));
  await until(() => handled.size === 20);
  expect((await sender.deadLetters.peek('work')).letters).toEqual([]);
  await consumer.stop();
});

it('survives sixty flaps in an hour: no native count above 5, no attempt, no dead letter', async () => {
  const [sender, transport] = [await environment.connect(), await environment.connect()];
  const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
  const looker = client.createReceiver('work');
  const handled = new Set<string>();
  const attempts = new Set<number>();
  let isAway = false;
  let highest = 0;
  const consumer = await consume(transport, async (id, { attempt }) => {
    attempts.add(attempt);
    if (isAway) throw new DependencyAwayError('gateway', 'away');
    handled.add(id);
  });
  for (let flap = 0; flap < 60; flap += 1) {
    isAway = true;
    await sender.send(Array.from({ length: 40 }, (_, index) => outgoing(`${flap}-${index}`)));
    await environment.advance(30_000);
    for (const { deliveryCount = 0 } of await looker.peekMessages(250)) {
      highest = Math.max(highest, deliveryCount);
    }
    isAway = false;
    await environment.advance(30_000);
  }
  await until(() => handled.size === 60 * 40, 5_000);
  expect(highest).toBeLessThanOrEqual(5);
  expect(attempts).toEqual(new Set([1]));
  expect((await sender.deadLetters.peek('work')).letters).toEqual([]);
  await consumer.stop();
  await client.close();
});
