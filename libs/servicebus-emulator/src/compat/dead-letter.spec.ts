import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('dead-letters a message with reason, description and properties, and its body as it was', async () => {
  const queue = await namespace.createQueue();
  await namespace.client
    .createSender(queue)
    .sendMessages({ body: Buffer.from([0, 1, 2]), applicationProperties: { a: 1 } });
  const receiver = namespace.client.createReceiver(queue);
  const [message] = await receiver.receiveMessages(1);
  if (message) {
    const why = { deadLetterReason: 'Unreadable', deadLetterErrorDescription: 'Not JSON.', code: 7 };
    await receiver.deadLetterMessage(message, why);
  }
  const deadLetters = namespace.client.createReceiver(queue, { subQueueType: 'deadLetter' });
  const [dead] = await deadLetters.receiveMessages(1);
  expect(dead).toMatchObject({
    deadLetterReason: 'Unreadable',
    deadLetterErrorDescription: 'Not JSON.',
    applicationProperties: { a: 1, code: 7 },
    deliveryCount: 0,
  });
  expect(Buffer.from(dead?.body)).toEqual(Buffer.from([0, 1, 2]));
  if (dead) await expect(deadLetters.deadLetterMessage(dead)).rejects.toMatchObject({ code: 'GeneralError' });
});
