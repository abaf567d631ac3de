import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { endedOrders, getJson } from './orders.js';
import { expectedOf } from './ordered/expected-report.js';
import { orderedRun } from './ordered/ordered-run.js';
import { OrderedSystem } from './ordered/ordered-system.js';
import { cancelAtTheMoment, cancelInTime, consequencesOf } from './scheduled-orders.js';
import { until } from './until.js';

const size = { orders: 60, kills: 10 };
let ordered: OrderedSystem;

beforeAll(async () => {
  ordered = await OrderedSystem.start();
});
afterAll(() => ordered.remove());

// A thousand orders and more kills: `npx nx run e2e:ordered`.
it('handles the events of each order in their order, none lost and none twice, while replicas fail and are killed', async () => {
  const report = await orderedRun(ordered, size);
  expect(report).toMatchObject(expectedOf(size));
  expect(report.afterAnother).toBeGreaterThan(0);
}, 170_000);

it('ends once what comes twice without a session', async () => {
  const client = new ServiceBusClient(ordered.system.connectionString);
  const old = { order_id: 'of-the-old-producer', ts: new Date().toISOString(), amount: 4.5 };
  const sender = client.createSender('orders');
  await sender.sendMessages({ subject: 'order', body: old });
  await sender.sendMessages({ subject: 'order', body: old });
  await client.close();
  await until(
    'it has ended',
    () => endedOrders(ordered.system),
    (count) => count > size.orders,
  );
  const order = await getJson<{ status: string }>(ordered.system.url('order-api', `/orders/${old.order_id}`));
  expect(order.status).toBe('paid');
  expect(
    await getJson<{ captured: number; chargedTwice: readonly string[] }>(
      ordered.system.url('payment-gateway', '/charges/totals'),
    ),
  ).toMatchObject({ captured: size.orders + 1, chargedTwice: [] });
}, 170_000);

it('never tells order-worker of a scheduled order that was cancelled in time', async () => {
  expect(await cancelInTime(ordered.system, 'orders-ordered')).toEqual({
    status: 'cancelled',
    waiting: ['kept'],
    heardOf: 0,
  });
});

it('decides once about a scheduled order that is cancelled when its time comes', async () => {
  const outcomes = await cancelAtTheMoment(ordered.system, 40);
  expect(outcomes).toEqual(outcomes.map(({ decision }) => consequencesOf(decision)));
}, 170_000);
