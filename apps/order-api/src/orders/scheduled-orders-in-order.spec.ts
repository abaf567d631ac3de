import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import type { Broker } from '@orderflow/servicebus-emulator';
import { startOrderApi, type TestOrderApi } from '../../test/order-api.js';
import { startOrderBroker, transportTo, unhurriedMs } from '../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { receiveCommands } from '../../test/received-commands.js';
import { WatchedTransport } from '../../test/watched-transport.js';

const HOUR = 3_600_000;
/** Where order-worker takes its commands from when orders are handled in order. */
const QUEUE = 'orders-ordered';

let database: OrderDatabase;
let broker: Broker;
let worker: AzureServiceBusTransport;
let transport: WatchedTransport;
let api: TestOrderApi;

beforeEach(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker({ enforceIdleTimeouts: false, isOrdered: true });
  worker = transportTo(broker);
  transport = new WatchedTransport(transportTo(broker, unhurriedMs));
  api = await startOrderApi({
    databaseUrl: database.url,
    connectionString: broker.connectionString,
    env: { ORDERED: 'true' },
    openTransport: async () => transport,
  });
});

afterEach(async () => {
  await api.stop();
  await worker.close();
  await broker.close();
  await database.close();
});

async function place(scheduledFor: number): Promise<string> {
  const order = { customerId: 'c-1', currency: 'EUR', lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }] };
  const answer = await post('/orders', {
    ...order,
    scheduledFor: new Date(scheduledFor).toISOString(),
  });
  return ((await answer.json()) as { id: string }).id;
}

function post(path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${api.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

it('takes the command of a scheduled order that is cancelled back from the ordered queue, and no other', async () => {
  const { main } = broker.namespace.registry.get(QUEUE);
  const cancelled = await place(Date.now() + HOUR);
  const kept = await place(Date.now() + HOUR);
  await transport.until(() => transport.scheduled === 2);
  expect((await post(`/orders/${cancelled}/cancel`, {})).status).toBe(202);
  while (main.counts.scheduled !== 1) await new Promise(setImmediate);
  // One for each time that it was sent: again when the broker answered late.
  expect(await Promise.all(transport.cancelled)).toContain(true);
  broker.clock.advance(2 * HOUR);
  const commands = await receiveCommands(worker, { queue: QUEUE, hasSessions: true });
  expect((await commands.next(cancelled)).type).toBe('order.cancel');
  expect((await commands.next(kept)).type).toBe('order.place');
});
