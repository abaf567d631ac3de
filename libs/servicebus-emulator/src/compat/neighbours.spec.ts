import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('answers each of several sends at once for itself', async () => {
  const queue = await namespace.createQueue({ requiresSession: true });
  const sender = namespace.client.createSender(queue);
  await sender.sendMessages({ body: 'opens the link', sessionId: 's' });
  const messages = [{ body: 1, sessionId: 's' }, { body: 2 }, { body: 3, sessionId: 's' }, { body: 4 }, { body: 5 }];
  const outcomes = await Promise.allSettled(messages.map((message) => sender.sendMessages(message)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'rejected']);
});

it('answers each of several settlements at once for itself', async () => {
  const queue = await namespace.createQueue({ lockDuration: 5_000 });
  await namespace.client.createSender(queue).sendMessages([{ body: 1 }, { body: 2 }]);
  const receiver = namespace.client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
  const [first, second] = await receiver.receiveMessages(2);
  if (!first || !second) throw new Error('Two messages were sent.');
  await namespace.pass(3_000);
  await receiver.renewMessageLock(first);
  await namespace.pass(3_000);
  const outcomes = await Promise.allSettled([receiver.completeMessage(first), receiver.completeMessage(second)]);
  expect(outcomes).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'MessageLockLost' } },
  ]);
});
