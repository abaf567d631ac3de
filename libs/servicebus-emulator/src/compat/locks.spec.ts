import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('makes a message available again when its lock expires, and refuses to settle it under the old one', async () => {
  const queue = await namespace.createQueue({ lockDuration: 5_000 });
  await namespace.client.createSender(queue).sendMessages({ body: 'x' });
  const receiver = namespace.client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
  const [first] = await receiver.receiveMessages(1);
  await namespace.pass(5_100);
  const [second] = await receiver.receiveMessages(1);
  expect(second?.deliveryCount).toBe(1);
  if (first) await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: 'MessageLockLost' });
  if (second) await receiver.completeMessage(second);
});

it('renews a lock from now on', async () => {
  const queue = await namespace.createQueue({ lockDuration: 5_000 });
  await namespace.client.createSender(queue).sendMessages({ body: 'x' });
  const receiver = namespace.client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
  const [message] = await receiver.receiveMessages(1);
  if (!message) throw new Error('nothing came');
  await namespace.pass(3_000);
  const until = await receiver.renewMessageLock(message);
  expect(until.getTime()).toBeGreaterThan(Date.now() + 4_000);
  await namespace.pass(3_000);
  await receiver.completeMessage(message);
  await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: 'MessageLockLost' });
});

it('settles over the management link when the receiver is closed', async () => {
  const queue = await namespace.createQueue();
  await namespace.client.createSender(queue).sendMessages({ body: 'x' });
  const receiver = namespace.client.createReceiver(queue);
  const [message] = await receiver.receiveMessages(1);
  await receiver.close();
  const other = namespace.client.createReceiver(queue);
  expect(await other.receiveMessages(1, { maxWaitTimeInMs: 100 })).toEqual([]);
  if (message) await other.completeMessage(message);
  expect(await other.peekMessages(1)).toEqual([]);
});
