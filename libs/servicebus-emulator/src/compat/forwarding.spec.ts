import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('forwards from a subscription into a queue, and refuses to receive from it', async () => {
  const queue = await namespace.createQueue();
  const topic = await namespace.createTopic();
  const subscription = await namespace.createSubscription(topic, { forwardTo: queue });
  await namespace.client.createSender(topic).sendMessages({ body: 'on' });
  const [message] = await namespace.client.createReceiver(queue).receiveMessages(1);
  expect(message).toMatchObject({ body: 'on' });
  const receiver = namespace.client.createReceiver(topic, subscription);
  await expect(receiver.receiveMessages(1, { maxWaitTimeInMs: 500 })).rejects.toThrow('auto-forwarding');
});

it('forwards dead letters, and says where they come from', async () => {
  const target = await namespace.createQueue();
  const source = await namespace.createQueue({ forwardDeadLetteredMessagesTo: target });
  await namespace.client.createSender(source).sendMessages({ body: 'bad' });
  const receiver = namespace.client.createReceiver(source);
  const [message] = await receiver.receiveMessages(1);
  if (message) {
    await receiver.deadLetterMessage(message, { deadLetterReason: 'Bad', deadLetterErrorDescription: 'Why.' });
  }
  const [forwarded] = await namespace.client.createReceiver(target).receiveMessages(1);
  expect(forwarded).toMatchObject({ body: 'bad', deadLetterReason: 'Bad', deadLetterSource: source });
});
