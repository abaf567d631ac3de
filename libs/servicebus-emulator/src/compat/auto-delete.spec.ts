import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

const MINUTE = 60_000;

it('deletes a subscription that is not used, and leaves its topic', async () => {
  const topic = await namespace.createTopic();
  const idle = await namespace.createSubscription(topic, { autoDeleteOnIdle: 5 * MINUTE });
  const receiver = namespace.client.createReceiver(topic, idle, { receiveMode: 'receiveAndDelete' });
  await namespace.client.createSender(topic).sendMessages({ body: 'in time' });
  expect(await receiver.receiveMessages(1)).toHaveLength(1);
  await receiver.close();
  await namespace.pass(6 * MINUTE);
  const late = namespace.client.createReceiver(topic, idle);
  await expect(late.receiveMessages(1)).rejects.toMatchObject({ code: 'MessagingEntityNotFound' });
  await namespace.client.createSender(topic).sendMessages({ body: 'to nobody' });
}, 600_000);
