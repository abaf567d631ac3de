import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('subscribes with many calls at a time and completes every message once', async () => {
  const queue = await namespace.createQueue();
  const sender = namespace.client.createSender(queue);
  const total = 500;
  const batch = await sender.createMessageBatch();
  for (let i = 0; i < total; i++) batch.tryAddMessage({ body: i });
  await sender.sendMessages(batch);
  const receiver = namespace.client.createReceiver(queue);
  const seen: number[] = [];
  await new Promise<void>((resolve, reject) => {
    receiver.subscribe(
      {
        processMessage: async ({ body }) => {
          if (seen.push(body) === total) resolve();
        },
        processError: async ({ error }) => reject(error),
      },
      { maxConcurrentCalls: 32 },
    );
  });
  await receiver.close();
  expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i));
  expect(await namespace.client.createReceiver(queue).receiveMessages(1, { maxWaitTimeInMs: 300 })).toEqual([]);
});
