import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { allOrders, endedOrders, getJson, placeOrders } from './orders.js';
import { System } from './system.js';
import { until } from './until.js';

const ORDERS = 200;
let system: System;

beforeAll(async () => {
  system = await System.start({ ORDERED: 'true' });
});
afterAll(() => system.remove());

it('ends every order once over queues with sessions, with workers killed, and what comes without a session as well', async () => {
  const placed = placeOrders(system, ORDERS);
  for (const victim of ['order-worker', 'billing-worker']) {
    const before = await endedOrders(system);
    await until(
      'orders end',
      () => endedOrders(system),
      (count) => count > before,
    );
    system.kill(victim);
  }
  await placed;

  const client = new ServiceBusClient(system.connectionString);
  const old = { order_id: 'of-the-old-producer', ts: new Date().toISOString(), amount: 4.5 };
  await client.createSender('orders').sendMessages({ subject: 'order', body: old });
  await client.close();

  await until(
    'every order has ended',
    () => endedOrders(system),
    (count) => count === ORDERS + 1,
  );
  const orders = await allOrders(system);
  expect(new Set(orders.map(({ status }) => status))).toEqual(new Set(['paid']));
  expect(
    await getJson<{ captured: number; chargedTwice: readonly string[] }>(
      system.url('payment-gateway', '/charges/totals'),
    ),
  ).toMatchObject({ captured: ORDERS + 1, chargedTwice: [] });
}, 170_000);
