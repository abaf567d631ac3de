import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

const REFUSED = { code: 'GeneralError' };
const CAUSE = { deadLetterReason: 'test', deadLetterErrorDescription: 'too much' };
const TOO_LARGE = { why: 'x'.repeat(33 * 1024) };

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('refuses a settlement that would make the properties of a message too large', async () => {
  const queue = await namespace.createQueue();
  await namespace.client.createSender(queue).sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }]);
  const receiver = namespace.client.createReceiver(queue);
  const messages = await receiver.receiveMessages(3);
  expect(messages).toHaveLength(3);
  const [first, second, third] = messages;
  if (!first || !second || !third) return;
  await expect(receiver.abandonMessage(first, TOO_LARGE)).rejects.toMatchObject(REFUSED);
  await expect(receiver.deferMessage(second, TOO_LARGE)).rejects.toMatchObject(REFUSED);
  await expect(receiver.deadLetterMessage(third, { ...CAUSE, ...TOO_LARGE })).rejects.toMatchObject(REFUSED);
  expect(await receiver.peekMessages(3, { fromSequenceNumber: first.sequenceNumber })).toHaveLength(3);
  const dead = namespace.client.createReceiver(queue, { subQueueType: 'deadLetter' });
  expect(await dead.peekMessages(1)).toEqual([]);
  // Their locks are still there.
  for (const message of messages) await receiver.renewMessageLock(message);
});
