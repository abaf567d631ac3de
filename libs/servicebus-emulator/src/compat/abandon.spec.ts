import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('counts an abandoned delivery, merges its properties and delivers the message again', async () => {
  const queue = await namespace.createQueue();
  await namespace.client.createSender(queue).sendMessages({ body: 'x', applicationProperties: { kept: 1 } });
  const receiver = namespace.client.createReceiver(queue);
  const [first] = await receiver.receiveMessages(1);
  if (first) await receiver.abandonMessage(first, { tried: 'once' });
  const [second] = await receiver.receiveMessages(1);
  expect(second).toMatchObject({ deliveryCount: 1, applicationProperties: { kept: 1, tried: 'once' } });
  expect(second?.sequenceNumber).toEqual(first?.sequenceNumber);
  expect(second?.lockToken).not.toBe(first?.lockToken);
});

it('dead-letters a message after its maximum of deliveries', async () => {
  const queue = await namespace.createQueue({ maxDeliveryCount: 2 });
  await namespace.client.createSender(queue).sendMessages({ body: 'poison' });
  const receiver = namespace.client.createReceiver(queue);
  for (const deliveryCount of [0, 1]) {
    const [message] = await receiver.receiveMessages(1);
    expect(message?.deliveryCount).toBe(deliveryCount);
    if (message) await receiver.abandonMessage(message);
  }
  const [dead] = await namespace.client.createReceiver(queue, { subQueueType: 'deadLetter' }).receiveMessages(1);
  expect(dead).toMatchObject({
    body: 'poison',
    deadLetterReason: 'MaxDeliveryCountExceeded',
    deadLetterErrorDescription: 'Message could not be consumed after 2 delivery attempts.',
  });
});
