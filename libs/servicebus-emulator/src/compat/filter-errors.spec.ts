import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('dead-letters a message on which a filter fails', async () => {
  const topic = await namespace.createTopic();
  const subscription = await namespace.createSubscription(topic);
  const rules = namespace.client.createRuleManager(topic, subscription);
  await rules.deleteRule('$Default');
  await rules.createRule('halves', { sqlExpression: 'amount / 2 > 1' });
  const message = { body: 'not a number', applicationProperties: { amount: 'much' } };
  await namespace.client.createSender(topic).sendMessages(message);
  const receiver = namespace.client.createReceiver(topic, subscription, { subQueueType: 'deadLetter' });
  const [dead] = await receiver.receiveMessages(1);
  expect(dead).toMatchObject({ body: 'not a number', deadLetterErrorDescription: expect.any(String) });
});
