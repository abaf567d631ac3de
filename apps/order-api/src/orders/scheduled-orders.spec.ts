import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TransportError } from '@orderflow/messaging';
import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import type { Broker } from '@orderflow/servicebus-emulator';
import { startOrderApi, type TestOrderApi } from '../../test/order-api.js';
import { startOrderBroker, transportTo, unhurriedMs } from '../../test/order-broker.js';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { receiveCommands } from '../../test/received-commands.js';
import { WatchedTransport } from '../../test/watched-transport.js';

const HOUR = 3_600_000;

let database: OrderDatabase;
let broker: Broker;
let worker: AzureServiceBusTransport;
let transport: WatchedTransport;
let api: TestOrderApi;

beforeEach(async () => {
  database = await openOrderDatabase();
  broker = await startOrderBroker({ enforceIdleTimeouts: false });
  worker = transportTo(broker);
  transport = new WatchedTransport(transportTo(broker, unhurriedMs));
  api = await startOrderApi({
    databaseUrl: database.url,
    connectionString: broker.connectionString,
    openTransport: async () => transport,
  });
});

afterEach(async () => {
  await api.stop();
  await worker.close();
  await broker.close();
  await database.close();
});

const inAnHour = () => new Date(Date.now() + HOUR).toISOString();

async function place(scheduledFor: string): Promise<string> {
  const order = { customerId: 'c-1', currency: 'EUR', lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }] };
  const answer = await post('/orders', { ...order, scheduledFor });
  return ((await answer.json()) as { id: string }).id;
}

const cancel = (id: string) => post(`/orders/${id}/cancel`, {});

function post(path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${api.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** What order-worker gets about orders in the next hours: the types of each, its cancel last or first. */
async function heardOf(...ids: readonly string[]): Promise<string[][]> {
  broker.clock.advance(3 * HOUR);
  const commands = await receiveCommands(worker);
  // What was due before this one is in the queue before it.
  await commands.next(await place(new Date(Date.now() - HOUR).toISOString()));
  return Promise.all(
    ids.map(async (id) => {
      const types = [(await commands.next(id)).type];
      while (!types.includes('order.cancel') || commands.count(id) > types.length) {
        types.push((await commands.next(id)).type);
      }
      return types.sort();
    }),
  );
}

describe('cancelling an order that is scheduled', () => {
  it('takes its command back, so that order-worker hears of the cancel only', async () => {
    const id = await place(inAnHour());
    await transport.until(() => transport.scheduled === 1);
    expect((await cancel(id)).status).toBe(202);
    await transport.until(() => transport.cancelled.length === 1);
    expect(await Promise.all(transport.cancelled)).toEqual([true]);
    expect(await heardOf(id)).toEqual([['order.cancel']]);
  });

  it('takes its command back when that had not left yet', async () => {
    const left = Promise.withResolvers<void>();
    transport.gate = left.promise;
    const id = await place(inAnHour());
    expect((await cancel(id)).status).toBe(202);
    left.resolve();
    await transport.until(() => transport.cancelled.length === 1);
    expect(await Promise.all(transport.cancelled)).toEqual([true]);
    expect(await heardOf(id)).toEqual([['order.cancel']]);
  });

  it('leaves other orders alone', async () => {
    const kept = await place(inAnHour());
    const cancelled = await place(inAnHour());
    await transport.until(() => transport.scheduled === 2);
    await cancel(cancelled);
    await transport.until(() => transport.cancelled.length === 1);
    await Promise.all(transport.cancelled);
    broker.clock.advance(3 * HOUR);
    const commands = await receiveCommands(worker);
    expect((await commands.next(kept)).type).toBe('order.place');
  });

  it('is asked of order-worker as well, and answered, while the broker cannot take the command back', async () => {
    const id = await place(inAnHour());
    await transport.until(() => transport.scheduled === 1);
    transport.failure = new TransportError('Busy', 'Later.', true);
    expect((await cancel(id)).status).toBe(202);
    expect(await heardOf(id)).toEqual([['order.cancel', 'order.place']]);
  });

  it('at the very moment of its time lets order-worker hear of both or of the cancel, as the broker says', async () => {
    const ids: string[] = [];
    for (let order = 0; order < 8; order += 1) ids.push(await place(inAnHour()));
    await transport.until(() => transport.scheduled === ids.length);
    const asked = ids.map(cancel);
    await transport.until(() => transport.cancelled.length > 0);
    broker.clock.advance(HOUR);
    await Promise.all(asked);
    await transport.until(() => transport.cancelled.length === ids.length);
    const takenBack = (await Promise.all(transport.cancelled)).filter(Boolean).length;
    const heard = await heardOf(...ids);
    expect(heard.filter((types) => types.length === 1)).toHaveLength(takenBack);
    expect(heard.filter((types) => types.length === 2)).toHaveLength(ids.length - takenBack);
  });
});
