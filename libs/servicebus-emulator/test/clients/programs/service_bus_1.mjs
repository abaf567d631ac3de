// @azure/service-bus 1.1, the first version of Microsoft's SDK for JavaScript.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { broker, show, transport } from './abilities.mjs';

const require = createRequire(import.meta.url);
const { ReceiveMode, ServiceBusClient } = require(process.env.CLIENT_PACKAGE);
const { WebSocket } = require('ws');
const { host, keyName, key, queue } = broker;

const client = ServiceBusClient.createFromConnectionString(
  `Endpoint=sb://${host}/;SharedAccessKeyName=${keyName};SharedAccessKey=${key}`,
  transport === 'websocket' ? { webSocket: WebSocket } : {},
);
const sender = client.createQueueClient(queue).createSender();
const receiver = client.createQueueClient(queue).createReceiver(ReceiveMode.peekLock);

const take = async (body) => {
  const [message] = await receiver.receiveMessages(1, 10);
  assert.equal(message?.body, body);
  return message;
};

const send = async () => {
  await sender.send({ body: 'send' });
  await (await take('send')).complete();
};

await show(
  transport === 'tls'
    ? {
        send,
        batch: async () => {
          await sender.sendBatch([{ body: 'one' }, { body: 'two' }]);
          for (const body of ['one', 'two']) await (await take(body)).complete();
        },
        complete: async () => {
          await sender.send({ body: 'complete' });
          await (await take('complete')).complete();
          assert.deepEqual(await receiver.receiveMessages(1, 1), []);
        },
        abandon: async () => {
          await sender.send({ body: 'abandon' });
          await (await take('abandon')).abandon();
          const message = await take('abandon');
          assert.equal(message.deliveryCount, 1);
          await message.complete();
        },
      }
    : { send },
);
await client.close();
