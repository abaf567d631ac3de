import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('shows messages in any state, in order and from where it is told, and locks none', async () => {
  const queue = await namespace.createQueue();
  const sender = namespace.client.createSender(queue);
  const receiver = namespace.client.createReceiver(queue);
  await sender.sendMessages([{ body: 'deferred' }, { body: 'locked' }, { body: 'active' }]);
  await sender.scheduleMessages({ body: 'scheduled' }, new Date(Date.now() + 3_600_000));
  const [first] = await receiver.receiveMessages(2);
  if (first) await receiver.deferMessage(first);
  const peeker = namespace.client.createReceiver(queue);
  const messages = await peeker.peekMessages(10);
  expect(messages.map(({ body, state }) => [body, state] as unknown)).toEqual([
    ['deferred', 'deferred'],
    ['locked', 'active'],
    ['active', 'active'],
    ['scheduled', 'scheduled'],
  ]);
  const third = messages[2]?.sequenceNumber;
  const later = await peeker.peekMessages(10, third ? { fromSequenceNumber: third } : {});
  expect(later.map(({ body }) => body as unknown)).toEqual(['active', 'scheduled']);
  expect((await receiver.receiveMessages(1)).map(({ body }) => body as unknown)).toEqual(['active']);
});

it('goes on where it was, and shows one session to whoever holds it', async () => {
  const queue = await namespace.createQueue({ requiresSession: true });
  const sender = namespace.client.createSender(queue);
  await sender.sendMessages(['a', 'b', 'a'].map((sessionId, n) => ({ body: n, sessionId })));
  const peeker = namespace.client.createReceiver(queue);
  const messages = [...(await peeker.peekMessages(2)), ...(await peeker.peekMessages(2))];
  expect(messages.map(({ body }) => body as unknown)).toEqual([0, 1, 2]);
  const session = await namespace.client.acceptSession(queue, 'a');
  // The SDK goes on where the last peek at the queue ended, whoever peeked.
  const first = messages[0]?.sequenceNumber;
  const ofSession = await session.peekMessages(10, first ? { fromSequenceNumber: first } : {});
  expect(ofSession.map(({ body }) => body as unknown)).toEqual([0, 2]);
  await session.close();
});
