import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('delivers a message as it was sent, and forgets it once it is completed', async () => {
  const queue = await namespace.createQueue();
  const sent = {
    body: { text: 'Grüße', list: [1, 2.5, null] },
    messageId: 'id-1',
    correlationId: 'c-1',
    subject: 'greeting',
    to: 'you',
    replyTo: 'me',
    contentType: 'application/json',
    applicationProperties: { text: 'x', whole: 7, part: 1.5, yes: true },
  };
  await namespace.client.createSender(queue).sendMessages(sent);
  const receiver = namespace.client.createReceiver(queue);
  const [message] = await receiver.receiveMessages(1);
  expect(message).toMatchObject({ ...sent, deliveryCount: 0, state: 'active', deadLetterReason: undefined });
  expect(message?.sequenceNumber?.toNumber()).toBeGreaterThan(0);
  expect(message?.lockedUntilUtc?.getTime()).toBeGreaterThan(Date.now());
  if (message) await receiver.completeMessage(message);
  expect(await receiver.peekMessages(10)).toEqual([]);
});
