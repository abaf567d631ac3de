import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Broker, startBroker } from './index.js';

let broker: Broker;
let client: ServiceBusClient;
beforeAll(async () => {
  broker = await startBroker();
  broker.namespace.createQueue('orders', { maxDeliveryCount: 3 }, broker.clock.now());
  client = new ServiceBusClient(broker.connectionString);
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

it('hands a message out in half an hour, now', async () => {
  const inHalfAnHour = new Date(broker.clock.now() + 30 * 60_000);
  await client.createSender('orders').scheduleMessages({ body: 'later' }, inHalfAnHour);
  broker.clock.advance(30 * 60_000);
  const [message] = await client.createReceiver('orders').receiveMessages(1);
  expect(message?.body).toBe('later');
});
