import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Broker, startBroker } from '../../broker.js';
import { parseTopology } from '../../topology/index.js';
import { HttpApi } from '../http-api.js';

const CONFIG = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'local',
        Queues: [{ Name: 'orders', Properties: { LockDuration: 'PT1M' } }],
        Topics: [{ Name: 'events', Properties: {}, Subscriptions: [{ Name: 'audit', Properties: {} }] }],
      },
    ],
  },
};

let broker: Broker;
let client: ServiceBusClient;
beforeAll(async () => {
  broker = await startBroker({ topology: parseTopology(JSON.stringify(CONFIG)) });
  client = new ServiceBusClient(broker.connectionString);
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

const url = (path: string) => `http://127.0.0.1:${broker.port}${path}`;

async function json(path: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url(path), init);
  return response.json();
}

describe('health', () => {
  it('is honest from the first instant to the last', async () => {
    const api = new HttpApi(() => undefined);
    const server = createServer((request, response) => void api.handle(request, response)).listen(0);
    const { port } = server.address() as AddressInfo;
    const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    expect([await ask('/health'), await ask('/entities'), await ask('/q?api-version=2021-05')]).toEqual([
      503, 503, 503,
    ]);
    api.start({} as never);
    expect(await ask('/health')).toBe(200);
    api.stop();
    expect(await ask('/health')).toBe(503);
    server.close();
  });

  it('is 200 once the broker is ready', async () => {
    expect(await json('/health')).toEqual({ status: 'ready' });
  });
});

describe('inspection', () => {
  it('lists entities with counts', async () => {
    await client.createSender('events').sendMessages({ body: 'e' });
    expect(await json('/entities')).toMatchObject([
      { kind: 'queue', path: 'orders', status: 'Active', counts: { active: 0 } },
      { kind: 'topic', path: 'events', counts: { active: 0 } },
      { kind: 'subscription', path: 'events/Subscriptions/audit', counts: { active: 1, total: 1 } },
    ]);
  });

  it('browses any entity and its dead letters, locking nothing', async () => {
    broker.namespace.createQueue('browsed', {}, broker.clock.now());
    const applicationProperties = { colour: 'red', size: 2 };
    await client
      .createSender('browsed')
      .sendMessages([
        { body: { a: 1 }, subject: 's', messageId: 'm1', applicationProperties },
        { body: Buffer.from([0xff, 0x00]) },
      ]);
    const receiver = client.createReceiver('browsed');
    const [first] = await receiver.receiveMessages(1);
    if (!first) throw new Error('A message should have come.');
    expect(await json('/messages/browsed')).toMatchObject([
      {
        sequenceNumber: 1,
        state: 'active',
        lockedUntil: first.lockedUntilUtc?.toISOString(),
        properties: { messageId: 'm1', subject: 's' },
        applicationProperties,
        body: '{"a":1}',
      },
      { sequenceNumber: 2, body: '/wA=', encoding: 'base64' },
    ]);
    await receiver.deadLetterMessage(first, { deadLetterReason: 'because', deadLetterErrorDescription: 'it is' });
    expect(await json('/messages/browsed?from=2&top=1')).toMatchObject([{ sequenceNumber: 2 }]);
    expect(await json('/messages/browsed/$DeadLetterQueue')).toMatchObject([
      { applicationProperties: { DeadLetterReason: 'because' }, body: '{"a":1}' },
    ]);
  });

  it('follows what happens, in one entity or in all', async () => {
    const response = await open('/traffic?entity=orders');
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    await client.createSender('events').sendMessages({ body: 'elsewhere' });
    await client.createSender('orders').sendMessages({ body: 'here', messageId: 'm' });
    const next = async () => JSON.parse((await lines.next()).value as string) as unknown;
    expect(await next()).toMatchObject({
      type: 'enqueued',
      entity: 'orders',
      message: { body: '"here"', properties: { messageId: 'm' } },
    });
    await client.createReceiver('orders', { receiveMode: 'receiveAndDelete' }).receiveMessages(1);
    expect(await next()).toEqual({ type: 'removed', entity: 'orders', sequenceNumber: 1 });
    response.destroy();
  });

  it('follows as server-sent events', async () => {
    const response = await open('/traffic', { accept: 'text/event-stream' });
    await client.createSender('orders').sendMessages({ body: 'x' });
    const [chunk] = (await once(response, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/^event: enqueued\ndata: \{"type":"enqueued","entity":"orders"/);
    response.destroy();
  });

  it('exports the topology as it is now', async () => {
    broker.namespace.createQueue('made-later', { maxDeliveryCount: 3 }, broker.clock.now());
    const text = await (await fetch(url('/topology'))).text();
    const topology = parseTopology(text);
    expect(topology.namespace).toBe('local');
    expect(topology.queues.find(({ name }) => name === 'made-later')?.options.maxDeliveryCount).toBe(3);
    expect(topology.topics[0]?.subscriptions.map(({ name }) => name)).toEqual(['audit']);
  });

  it('says what there is to somebody who is lost', async () => {
    const response = await fetch(url('/nothing'));
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: expect.stringContaining('GET entities') });
  });
});

describe('the clock', () => {
  it('moves, so that half an hour passes at once', async () => {
    broker.namespace.createQueue('later', {}, broker.clock.now());
    const inHalfAnHour = new Date(broker.clock.now() + 29 * 60_000);
    await client.createSender('later').scheduleMessages({ body: 'due' }, inHalfAnHour);
    const moved = await json('/clock', { method: 'POST', body: JSON.stringify({ advance: 'PT30M' }) });
    expect(moved).toMatchObject({ ahead: 'PT30M' });
    const [message] = await client.createReceiver('later').receiveMessages(1);
    expect(message?.body).toBe('due');
    expect(await json('/clock')).toMatchObject({ ahead: 'PT30M' });
  });

  it('refuses what is no duration', async () => {
    for (const body of ['{"advance":"soon"}', '{"advance":"-PT1S"}', 'null', 'x']) {
      expect((await fetch(url('/clock'), { method: 'POST', body })).status).toBe(400);
    }
  });
});

async function open(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = (await once(get(url(path), { headers }), 'response')) as [IncomingMessage];
  response.on('error', () => undefined); // It is cut off when the test has seen enough.
  return response;
}
