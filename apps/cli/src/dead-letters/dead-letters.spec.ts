import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { orderflow } from '../../test/command-line.js';
import { Scripts } from '../../test/scripts.js';

const topologyFile = fileURLToPath(new URL('../../../../infra/servicebus/Config.json', import.meta.url));

let broker: Broker;
let scripts: Scripts;
beforeEach(async () => {
  broker = await startBroker({ topology: parseTopology(readFileSync(topologyFile, 'utf8')) });
  scripts = new Scripts();
});
afterEach(async () => {
  scripts.remove();
  await broker.close();
});

const dlq = (...args: string[]) => {
  const environment = { SERVICEBUS_CONNECTION_STRING: broker.connectionString, BROKER_TOPOLOGY: topologyFile };
  return orderflow(scripts.directory, environment, 'dlq', ...args);
};

/** Sends messages to queue `orders`, and has each dead-lettered for the reason given. */
async function deadLetter(reasons: Readonly<Record<string, string>>): Promise<void> {
  const transport = createAzureServiceBusTransport({ connectionString: broker.connectionString });
  let left = Object.keys(reasons).length;
  const done = Promise.withResolvers<void>();
  const subscription = await transport.subscribe(
    'orders',
    async ({ envelope }) => {
      left -= 1;
      if (left === 0) done.resolve();
      return { kind: 'dead-letter', reason: String(reasons[envelope.id]), detail: 'The test wanted it so.' };
    },
    { concurrency: 1, onError: (error) => done.reject(error) },
  );
  const known = { version: 1, source: '/spec', time: '2026-01-01T00:00:00.000Z', contentType: 'application/json' };
  const messages = Object.keys(reasons).map((id) => ({
    to: { queue: 'orders' },
    envelope: { ...known, id, type: `type.${id}`, headers: {}, body: Buffer.from('{}') },
  }));
  await transport.send(messages);
  await done.promise;
  await subscription.stop();
  await transport.close();
}

it('lists, replays and discards the dead letters that its flags choose', async () => {
  await deadLetter({ a: 'Bug', b: 'Bad', c: 'Bug', d: 'Bad' });
  const listed = await dlq('list', 'orders', '--reason', 'Bug', '--type', 'type.c', '--json');
  expect(JSON.parse(listed.output)).toMatchObject([{ id: 'c', reason: 'Bug' }]);

  const young = await dlq('replay', 'orders', '--older-than', '1h');
  expect(young).toMatchObject({ code: 0, output: 'Replayed 0 to orders, 0 failed, 0 skipped.\n' });
  const replayed = await dlq('replay', 'orders', '--reason', 'Bug', '--json');
  expect(JSON.parse(replayed.output)).toEqual({ replayed: 2, failed: 0, skipped: 0, handedBack: 1, notFound: [] });
  const discarded = await dlq('discard', 'orders', '--id', 'b', '--id', 'x');
  expect(discarded).toMatchObject({ code: 1, output: 'Discarded 1 of orders, 0 failed, 0 skipped.\n' });
  expect(discarded.errors).toContain('Not among the dead letters of orders: x');
  const left = await dlq('list', 'orders', '--json');
  expect(JSON.parse(left.output)).toMatchObject([{ id: 'd' }]);
});

it('says what the broker refused, and ends with 1', async () => {
  await deadLetter({ a: 'Bug', b: 'Bug' });
  broker.faults.add({ kind: 'refuse-sends', entity: 'orders', condition: 'amqp:decode-error', times: 100 });
  const { code, output, errors } = await dlq('replay', 'orders');
  expect({ code, output }).toEqual({ code: 1, output: 'Replayed 0 to orders, 2 failed, 0 skipped, 2 handed back.\n' });
  expect(errors).toContain('2 dead letters of orders are still there.');
});

it('replays those of a subscription to the queue that it forwards to', async () => {
  const { output } = await dlq('replay', 'events/subscriptions/billing');
  expect(output).toBe('Replayed 0 to billing, 0 failed, 0 skipped.\n');
});

it('says which queues there are where it is asked for none of them', async () => {
  for (const command of ['list', 'replay']) {
    const { code, errors } = await dlq(command, 'nosuch');
    expect([code, errors]).toEqual([1, expect.stringContaining('There are: orders, ')]);
    expect(errors).toContain('events/subscriptions/billing');
  }
});
