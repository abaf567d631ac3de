import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('dead-letters what expires where the queue says so', async () => {
  const queue = await namespace.createQueue({ deadLetteringOnMessageExpiration: true });
  await namespace.client.createSender(queue).sendMessages({ body: 'x', timeToLive: 1_000 });
  await namespace.pass(1_100);
  const [dead] = await namespace.client.createReceiver(queue, { subQueueType: 'deadLetter' }).receiveMessages(1);
  expect(dead).toMatchObject({
    deadLetterReason: 'TTLExpiredException',
    deadLetterErrorDescription: 'The message expired and was dead lettered.',
  });
});

it('drops what expires elsewhere, and lowers a longer life to the default of the queue', async () => {
  const queue = await namespace.createQueue({ defaultMessageTimeToLive: 20_000 });
  await namespace.client.createSender(queue).sendMessages([{ body: 1 }, { body: 2, timeToLive: 3_600_000 }]);
  const receiver = namespace.client.createReceiver(queue);
  const [peeked] = await receiver.peekMessages(1, {});
  expect((peeked?.expiresAtUtc?.getTime() ?? 0) - (peeked?.enqueuedTimeUtc?.getTime() ?? 0)).toBe(20_000);
  await namespace.pass(20_100);
  expect(await receiver.receiveMessages(2, { maxWaitTimeInMs: 200 })).toEqual([]);
});
