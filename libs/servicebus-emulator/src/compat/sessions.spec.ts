import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type Long from 'long';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('accepts a session by id, in order, with its state', async () => {
  const queue = await namespace.createQueue({ requiresSession: true });
  const sender = namespace.client.createSender(queue);
  await sender.sendMessages(['a1', 'b1', 'a2'].map((body) => ({ body, sessionId: body[0] as string })));
  const session = await namespace.client.acceptSession(queue, 'a');
  expect(session.sessionLockedUntilUtc.getTime()).toBeGreaterThan(Date.now());
  const [first] = await session.receiveMessages(1);
  if (first) await session.abandonMessage(first);
  const messages = await session.receiveMessages(5, { maxWaitTimeInMs: 20_000 });
  expect(messages.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    ['a1', 1],
    ['a2', 0],
  ]);
  for (const message of messages) await session.completeMessage(message);
  await session.setSessionState({ step: 2 });
  await expect(namespace.client.acceptSession(queue, 'a')).rejects.toMatchObject({ code: 'SessionCannotBeLocked' });
  await session.close();
  const again = await namespace.client.acceptSession(queue, 'a');
  expect(await again.getSessionState()).toEqual({ step: 2 });
  await again.setSessionState(null);
  expect(await again.getSessionState()).toBeNull();
  await again.renewSessionLock();
  await again.close();
});

it('accepts the next session that has messages, and waits for one', async () => {
  const queue = await namespace.createQueue({ requiresSession: true });
  const sender = namespace.client.createSender(queue);
  const waiting = namespace.client.acceptNextSession(queue);
  await sender.sendMessages({ body: 1, sessionId: 's' });
  const session = await waiting;
  expect(session.sessionId).toBe('s');
  const [message] = await session.receiveMessages(1);
  if (message) await session.deferMessage(message);
  const [deferred] = await session.receiveDeferredMessages(message?.sequenceNumber as Long);
  if (deferred) await session.completeMessage(deferred);
  await session.close();
});

it('takes the session away when its lock expires', async () => {
  const queue = await namespace.createQueue({ requiresSession: true, lockDuration: 5_000 });
  await namespace.client.createSender(queue).sendMessages({ body: 1, sessionId: 's' });
  const session = await namespace.client.acceptSession(queue, 's', { maxAutoLockRenewalDurationInMs: 0 });
  const [message] = await session.receiveMessages(1);
  await namespace.pass(5_100);
  while (!session.isClosed) await new Promise(setImmediate);
  if (message) await expect(session.completeMessage(message)).rejects.toMatchObject({ code: 'SessionLockLost' });
  const other = await namespace.client.acceptNextSession(queue);
  const [again] = await other.receiveMessages(1);
  expect(again?.deliveryCount).toBe(1);
  await other.close();
});

it('refuses messages without a session, and receivers without one', async () => {
  const queue = await namespace.createQueue({ requiresSession: true });
  await expect(namespace.client.createSender(queue).sendMessages({ body: 1 })).rejects.toThrow('SessionId');
  const receiver = namespace.client.createReceiver(queue);
  await expect(receiver.receiveMessages(1, { maxWaitTimeInMs: 500 })).rejects.toThrow('non-sessionful');
});

it('gives up waiting for a session after the time the client gave', async () => {
  const queue = await namespace.createQueue({ requiresSession: true });
  const waiting = namespace.client.acceptNextSession(queue);
  const refused = expect(waiting).rejects.toMatchObject({ code: 'ServiceTimeout' });
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await namespace.pass(20_000);
  }
  await refused;
}, 120_000);
