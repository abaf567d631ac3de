import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { orderAccepted } from '@orderflow/contracts';
import { createEnvelopeWriter, type Transport } from '@orderflow/messaging';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { eventually } from '../../test/eventually.js';
import { startOrderApi, type TestOrderApi } from '../../test/order-api.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { receiveCommands, type ReceivedCommands } from '../../test/received-commands.js';
import { connectBroker } from './connect-broker.js';

const topologyFile = new URL('../../../../infra/servicebus/Config.json', import.meta.url);
const topology = parseTopology(readFileSync(topologyFile, 'utf8'));

let database: OrderDatabase;
let broker: Broker;
let worker: Transport;
let commands: ReceivedCommands;
let api: TestOrderApi;

beforeAll(async () => {
  database = await openOrderDatabase();
  broker = await startBroker({ topology });
  worker = createAzureServiceBusTransport({ connectionString: broker.connectionString });
  commands = await receiveCommands(worker);
  api = await startOrderApi({
    databaseUrl: database.url,
    connectBroker,
    env: { SERVICEBUS_CONNECTION_STRING: broker.connectionString },
  });
}, 20_000);

afterAll(async () => {
  await api.stop();
  await worker.close();
  await broker.close();
  await database.close();
}, 20_000);

const send = (text: string) => fetch(`${api.url}/send`, { method: 'POST', body: text });
const read = async (path: string): Promise<unknown> => (await fetch(`${api.url}${path}`)).json();

async function place(): Promise<{ id: string; createdAt: string }> {
  const answer = await fetch(`${api.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      customerId: 'customer-1',
      currency: 'EUR',
      lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }],
    }),
  });
  expect(answer.status).toBe(202);
  return (await answer.json()) as { id: string; createdAt: string };
}

describe('over Service Bus', () => {
  it('an order goes out and its events come in', async () => {
    const { id, createdAt } = await place();
    const { id: messageId } = await commands.next(id);
    const order = {
      orderId: id,
      customerId: 'customer-1',
      currency: 'EUR',
      lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }],
      total: 900,
      createdAt,
    };
    const event = { order, decidedAt: createdAt, cause: { messageId, attempt: 1 } };
    const envelope = createEnvelopeWriter('/test')(orderAccepted, event, { orderingKey: id });
    await worker.send([{ to: { topic: 'events' }, envelope }]);
    await eventually(async () => expect(await read(`/orders/${id}`)).toMatchObject({ status: 'accepted' }));
  });

  it('orders are accepted while the connection is cut, and reach the queue', async () => {
    broker.dropConnections();
    const orders = await Promise.all([place(), place(), place()]);
    for (const { id } of orders) expect((await commands.next(id)).type).toBe('order.place');
  }, 30_000);

  it('the lab sends, looks and takes', async () => {
    for (const text of ['Hello world!', '{"a": 1}', '42']) expect(await (await send(text)).text()).toBe('true');
    expect(await read('/peek')).toEqual(['Hello world!', '{"a": 1}', '42']);
    expect(await read('/receive?max=1')).toEqual(['Hello world!']);
    expect(await read('/receive?idleTimeout=0.2')).toEqual(['{"a": 1}', '42']);
    expect(await read('/peek')).toEqual([]);
  }, 20_000);

  it('a client that leaves in the middle of a receive loses nothing', async () => {
    await send('precious');
    const leaving = new AbortController();
    const left = fetch(`${api.url}/receive?idleTimeout=30`, { signal: leaving.signal });
    await eventually(async () => {
      // Taken, so nobody else can have it any more.
      expect(await read('/receive?idleTimeout=0.05')).toEqual([]);
    });
    leaving.abort();
    await expect(left).rejects.toThrow();
    await eventually(async () => expect(await read('/receive?idleTimeout=0.2')).toEqual(['precious']));
  }, 20_000);
});
