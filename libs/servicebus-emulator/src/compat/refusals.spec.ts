import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('reports an entity that does not exist, for every kind of use', async () => {
  const { client } = namespace;
  const missing = { code: 'MessagingEntityNotFound' };
  await expect(client.createSender('missing').sendMessages({ body: 1 })).rejects.toMatchObject(missing);
  await expect(client.createReceiver('missing').receiveMessages(1)).rejects.toMatchObject(missing);
  await expect(client.createReceiver('missing').peekMessages(1)).rejects.toMatchObject(missing);
  await expect(client.acceptSession('missing', 's')).rejects.toMatchObject(missing);
});

it('refuses a message that is too large, and goes on with the next', async () => {
  const queue = await namespace.createQueue();
  const sender = namespace.client.createSender(queue);
  const tooLarge = { body: Buffer.alloc(300_000) };
  await expect(sender.sendMessages(tooLarge)).rejects.toMatchObject({ code: 'MessageSizeExceeded' });
  const batch = await sender.createMessageBatch();
  expect(batch.maxSizeInBytes).toBe(262_144);
  await sender.sendMessages({ body: 'fine' });
  const [message] = await namespace.client.createReceiver(queue).receiveMessages(1);
  expect(message?.body).toBe('fine');
});

it('refuses to send to a disabled queue', async () => {
  const queue = await namespace.createQueue({ status: 'SendDisabled' });
  await expect(namespace.client.createSender(queue).sendMessages({ body: 1 })).rejects.toMatchObject({
    code: 'MessagingEntityDisabled',
  });
});
