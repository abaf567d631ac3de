import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestNamespace, type TestNamespace } from '../testing/namespace.js';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await openTestNamespace();
});
afterAll(() => namespace.close());

it('keeps a message whose destination is disabled among the dead letters of its source', async () => {
  const destination = await namespace.createQueue({ status: 'SendDisabled' });
  const source = await namespace.createQueue({ forwardTo: destination });
  await namespace.client.createSender(source).sendMessages({ body: 'kept' });
  const [dead] = await namespace.client.createReceiver(source, { subQueueType: 'deadLetter' }).receiveMessages(1);
  expect(dead).toMatchObject({ body: 'kept' });
});
