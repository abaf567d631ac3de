import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Broker, startBroker } from '../broker.js';
import { encodeTestMessage } from '../testing/message.js';
import { FrameClient } from './testing/frame-client.js';

let broker: Broker;
let client: FrameClient;

beforeEach(async () => {
  broker = await startBroker();
  broker.namespace.createQueue('q', {}, broker.clock.now());
  client = await FrameClient.open(broker.port);
});
afterEach(async () => {
  client.socket.destroy();
  await broker.close();
});

const stored = () => broker.namespace.registry.target('q')?.main.counts.active;

it('a sender and a receiver may have one name', async () => {
  client.attach('both', 0, false, 'q').attach('both', 1, true, 'q').credit(1, 1);
  await client.next('attach');
  await client.next('attach');
  const transfer = { type: 'transfer', handle: 0, deliveryId: 0, deliveryTag: Buffer.of(1) } as const;
  client.send(transfer, encodeTestMessage({ id: 'round trip' }));
  const { payload, handle } = await client.next('transfer');
  expect([handle, payload?.includes('round trip')]).toEqual([1, true]);
});

it('a link that is attached again takes the place of the one before, of its direction alone', async () => {
  client.attach('name', 0, false, 'q').attach('name', 1, true, 'q').attach('name', 2, false, 'q');
  const { handle, error } = await client.next('detach');
  expect([handle, error]).toMatchObject([0, { condition: 'amqp:link:stolen' }]);
  const transfer = { type: 'transfer', deliveryTag: Buffer.of(1) } as const;
  client.send({ ...transfer, handle: 0, deliveryId: 0 }, encodeTestMessage({ id: 'late' }));
  expect(await client.next('disposition')).toMatchObject({ first: 0, state: { type: 'rejected' } });
  client.send({ type: 'detach', handle: 0, closed: true });
  client.send({ ...transfer, handle: 2, deliveryId: 1 }, encodeTestMessage({ id: 'new' }));
  expect(await client.next('disposition')).toMatchObject({ first: 1, state: { type: 'accepted' } });
  expect(stored()).toBe(1);
});
