import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type Long from 'long';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

const HOUR = 3_600_000;

it('keeps a scheduled message until its time, with a new sequence number then', async () => {
  const queue = await namespace.createQueue();
  const sender = namespace.client.createSender(queue);
  const at = new Date(Date.now() + (namespace.broker ? HOUR : 2_000));
  const [number] = await sender.scheduleMessages({ body: 'scheduled' }, at);
  const receiver = namespace.client.createReceiver(queue);
  expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 100 })).toEqual([]);
  const [peeked] = await receiver.peekMessages(1);
  expect(peeked).toMatchObject({ state: 'scheduled', sequenceNumber: number });
  await namespace.pass(namespace.broker ? HOUR : 2_000);
  const [message] = await receiver.receiveMessages(1);
  // So it is in Microsoft's own tests of Azure: what came by its schedule still says so to its receiver.
  expect(message).toMatchObject({ body: 'scheduled', state: 'scheduled' });
  expect(message?.sequenceNumber?.greaterThan(number as Long)).toBe(true);
});

it('takes the time from the message too', async () => {
  const queue = await namespace.createQueue();
  const scheduledEnqueueTimeUtc = new Date(Date.now() + 3 * HOUR);
  await namespace.client.createSender(queue).sendMessages([{ body: 1, scheduledEnqueueTimeUtc }]);
  const [peeked] = await namespace.client.createReceiver(queue).peekMessages(1);
  expect(peeked).toMatchObject({ state: 'scheduled', scheduledEnqueueTimeUtc });
});

it('cancels what is scheduled, and says when there is nothing to cancel', async () => {
  const queue = await namespace.createQueue();
  const sender = namespace.client.createSender(queue);
  const numbers = await sender.scheduleMessages([{ body: 1 }, { body: 2 }], new Date(Date.now() + 3 * HOUR));
  await sender.cancelScheduledMessages(numbers);
  expect(await namespace.client.createReceiver(queue).peekMessages(10)).toEqual([]);
  await expect(sender.cancelScheduledMessages(numbers)).rejects.toMatchObject({ code: 'MessageNotFound' });
});
