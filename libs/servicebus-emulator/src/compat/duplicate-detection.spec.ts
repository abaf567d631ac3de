import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('accepts a message whose id was seen within the window, and drops it', async () => {
  const queue = await namespace.createQueue({
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: 20_000,
  });
  const sender = namespace.client.createSender(queue);
  const receiver = namespace.client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
  await sender.sendMessages([
    { body: 1, messageId: 'a' },
    { body: 2, messageId: 'a' },
    { body: 3, messageId: 'b' },
  ]);
  await sender.scheduleMessages({ body: 4, messageId: 'b' }, new Date(Date.now() + 1_000));
  /** So many, and what is left, which should be nothing. */
  const bodies = async (count: number) =>
    [...(await receiver.receiveMessages(count)), ...(await receiver.peekMessages(10))].map(({ body }) => body);
  expect(await bodies(2)).toEqual([1, 3]);
  await namespace.pass(21_000);
  await sender.sendMessages({ body: 5, messageId: 'a' });
  expect(await bodies(1)).toEqual([5]);
}, 60_000);
