import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type Long from 'long';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('finds a deferred message by its sequence number only', async () => {
  const queue = await namespace.createQueue();
  await namespace.client.createSender(queue).sendMessages({ body: 'later' });
  const receiver = namespace.client.createReceiver(queue);
  const [message] = await receiver.receiveMessages(1);
  if (!message) throw new Error('nothing came');
  await receiver.deferMessage(message, { why: 'not yet' });
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 100 })).toEqual([]);
  const [peeked] = await receiver.peekMessages(1);
  expect(peeked?.state).toBe('deferred');
  const [deferred] = await receiver.receiveDeferredMessages([message.sequenceNumber as Long]);
  expect(deferred).toMatchObject({ body: 'later', deliveryCount: 1, applicationProperties: { why: 'not yet' } });
  if (deferred) await receiver.completeMessage(deferred);
  await expect(receiver.receiveDeferredMessages([message.sequenceNumber as Long])).rejects.toMatchObject({
    code: 'MessageNotFound',
  });
});
