import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('dead-letters a message that would be forwarded a fifth time', async () => {
  const queues = [await namespace.createQueue()];
  while (queues.length < 6) queues.unshift(await namespace.createQueue({ forwardTo: queues[0] }));
  await namespace.client.createSender(queues[0] ?? '').sendMessages({ body: 'far' });
  const [dead] = await namespace.client
    .createReceiver(queues[4] ?? '', { subQueueType: 'deadLetter' })
    .receiveMessages(1);
  expect(dead).toMatchObject({ body: 'far', deadLetterReason: 'MaxTransferHopCountExceeded' });
});
