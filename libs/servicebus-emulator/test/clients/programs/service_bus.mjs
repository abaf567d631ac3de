// @azure/service-bus 7, Microsoft's SDK for JavaScript, in whichever version CLIENT_PACKAGE names.
import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import { broker, show, transport } from './abilities.mjs';

const { ServiceBusAdministrationClient, ServiceBusClient } = await import(process.env.CLIENT_PACKAGE);
const { host, port, keyName, key, queue, sessions: sessionQueue, topic: topicName, subscription } = broker;

const credentials = `SharedAccessKeyName=${keyName};SharedAccessKey=${key}`;
const plain = `Endpoint=sb://${host}:${port};${credentials};UseDevelopmentEmulator=true`;
const secure = `Endpoint=sb://${host}/;${credentials}`;
const client = new ServiceBusClient(transport === 'plain' ? plain : secure, {
  retryOptions: { maxRetries: 0 },
  ...(transport === 'websocket' && { webSocketOptions: { webSocket: WebSocket } }),
});
const sender = client.createSender(queue);
const receiver = client.createReceiver(queue);
const deadLetters = client.createReceiver(queue, { subQueueType: 'deadLetter' });

const bodies = (messages) => messages.map(({ body }) => body);

async function receive(from, count = 1) {
  const messages = [];
  while (messages.length < count) {
    const more = await from.receiveMessages(count - messages.length, { maxWaitTimeInMs: 10_000 });
    assert.ok(more.length > 0, `${messages.length} of ${count} messages came`);
    messages.push(...more);
  }
  return messages;
}

/** The one message that is there, which must have this body. */
async function take(body, from = receiver) {
  const [message] = await receive(from);
  assert.equal(message.body, body);
  return message;
}

const isEmpty = async () => assert.deepEqual(await receiver.peekMessages(1), []);

const send = async () => {
  const sent = { body: 'send', subject: 's', messageId: 'm', applicationProperties: { text: 't', number: 5 } };
  await sender.sendMessages(sent);
  const message = await take('send');
  const { body, subject, messageId, applicationProperties } = message;
  assert.deepEqual({ body, subject, messageId, applicationProperties }, sent);
  await receiver.completeMessage(message);
};

const all = {
  send,
  batch: async () => {
    const together = await sender.createMessageBatch();
    const sent = Array.from({ length: 20 }, (_, number) => `batch ${number}`);
    for (const body of sent) assert.ok(together.tryAddMessage({ body }));
    await sender.sendMessages(together);
    const messages = await receive(receiver, 20);
    assert.deepEqual(bodies(messages), sent);
    for (const message of messages) await receiver.completeMessage(message);
  },
  complete: async () => {
    await sender.sendMessages({ body: 'complete' });
    await receiver.completeMessage(await take('complete'));
    await isEmpty();
  },
  abandon: async () => {
    await sender.sendMessages({ body: 'abandon' });
    await receiver.abandonMessage(await take('abandon'), { again: true });
    const message = await take('abandon');
    assert.deepEqual([message.deliveryCount, message.applicationProperties], [1, { again: true }]);
    await receiver.completeMessage(message);
  },
  'dead-letter': async () => {
    await sender.sendMessages({ body: 'dead letter' });
    const options = { deadLetterReason: 'why', deadLetterErrorDescription: 'because' };
    await receiver.deadLetterMessage(await take('dead letter'), options);
    const message = await take('dead letter', deadLetters);
    assert.deepEqual([message.deadLetterReason, message.deadLetterErrorDescription], ['why', 'because']);
    await deadLetters.completeMessage(message);
  },
  defer: async () => {
    await sender.sendMessages([0, 1, 2, 3].map((number) => ({ body: `defer ${number}` })));
    const messages = await receive(receiver, 4);
    for (const message of messages) await receiver.deferMessage(message);
    const numbers = messages.map(({ sequenceNumber }) => sequenceNumber);
    const [first, second, third, fourth] = await receiver.receiveDeferredMessages(numbers);
    await receiver.completeMessage(first);
    await receiver.deadLetterMessage(second);
    await receiver.abandonMessage(third);
    await receiver.deferMessage(fourth);
    await deadLetters.completeMessage(await take('defer 1', deadLetters));
    for (const message of await receiver.receiveDeferredMessages(numbers.slice(2))) {
      await receiver.completeMessage(message);
    }
    await isEmpty();
  },
  renew: async () => {
    await sender.sendMessages({ body: 'renew' });
    const message = await take('renew');
    const until = message.lockedUntilUtc;
    assert.ok((await receiver.renewMessageLock(message)) >= until);
    await receiver.completeMessage(message);
  },
  'receive-and-delete': async () => {
    await sender.sendMessages({ body: 'for good' });
    const from = client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
    await take('for good', from);
    await from.close();
    await isEmpty();
  },
  peek: async () => {
    const sent = ['peek 0', 'peek 1', 'peek 2'];
    await sender.sendMessages(sent.map((body) => ({ body })));
    const from = client.createReceiver(queue);
    const messages = await receive(from, 3);
    const [{ sequenceNumber: fromSequenceNumber }] = messages;
    assert.deepEqual(bodies(await receiver.peekMessages(10, { fromSequenceNumber })), sent);
    for (const message of messages) await from.completeMessage(message);
    await from.close();
  },
  schedule: async () => {
    const numbers = await sender.scheduleMessages([{ body: 'a' }, { body: 'b' }], new Date(Date.now() + 86_400_000));
    assert.equal(numbers.length, 2);
    await sender.cancelScheduledMessages(numbers);
    await sender.scheduleMessages({ body: 'soon' }, new Date(Date.now() + 300));
    await receiver.completeMessage(await take('soon'));
    await isEmpty();
  },
  sessions: async () => {
    const to = client.createSender(sessionQueue);
    await to.sendMessages([0, 1, 2].map((number) => ({ body: `session ${number}`, sessionId: 'one' })));
    const one = await client.acceptSession(sessionQueue, 'one');
    assert.equal(await one.getSessionState(), null);
    await one.setSessionState('kept');
    assert.ok((await one.renewSessionLock()) > new Date());
    const messages = await receive(one, 3);
    assert.deepEqual(bodies(messages), ['session 0', 'session 1', 'session 2']);
    await one.completeMessage(messages[0]);
    await one.deferMessage(messages[1]);
    await one.completeMessage(messages[2]);
    for (const message of await one.receiveDeferredMessages(messages[1].sequenceNumber)) {
      await one.completeMessage(message);
    }
    await one.close();
    await to.sendMessages({ body: 'next', sessionId: 'one' });
    const next = await client.acceptNextSession(sessionQueue);
    assert.deepEqual([next.sessionId, await next.getSessionState()], ['one', 'kept']);
    await next.completeMessage(await take('next', next));
    await next.close();
  },
  topic: async () => {
    await client.createSender(topicName).sendMessages({ body: 'topic' });
    const from = client.createReceiver(topicName, subscription);
    await from.completeMessage(await take('topic', from));
  },
  large: async () => {
    const body = Buffer.alloc(250 * 1024, 'x');
    await sender.sendMessages({ body });
    const [message] = await receive(receiver);
    assert.ok(body.equals(message.body));
    await receiver.completeMessage(message);
  },
  refusals: async () => {
    await assert.rejects(client.createSender('missing').sendMessages({ body: 1 }), /could not be found/);
    await assert.rejects(sender.sendMessages({ body: Buffer.alloc(300 * 1024) }), { code: 'MessageSizeExceeded' });
    await assert.rejects(sender.cancelScheduledMessages([(await import('long')).default.fromNumber(999)]));
  },
  administration: async () => {
    const admin = new ServiceBusAdministrationClient(secure);
    const [name, events] = [`${queue}-made`, `${topicName}-made`];
    assert.equal((await admin.createQueue(name, { maxDeliveryCount: 7 })).maxDeliveryCount, 7);
    const description = await admin.getQueue(name);
    description.lockDuration = 'PT30S';
    await admin.updateQueue(description);
    assert.equal((await admin.getQueue(name)).lockDuration, 'PT30S');
    assert.equal((await admin.getQueueRuntimeProperties(name)).totalMessageCount, 0);
    await admin.createTopic(events);
    await admin.createSubscription(events, 'audit');
    await admin.createRule(events, 'audit', 'red', { sqlExpression: "colour = 'red'" });
    const rules = [];
    for await (const rule of admin.listRules(events, 'audit')) rules.push(rule.name);
    assert.deepEqual(rules.sort(), ['$Default', 'red']);
    await admin.deleteTopic(events);
    await admin.deleteQueue(name);
    assert.equal(await admin.queueExists(name), false);
    assert.equal((await admin.getNamespaceProperties()).name, 'clients');
  },
};

/** New in 7.10. */
const deleting = {
  delete: async () => {
    assert.equal(await receiver.purgeMessages(), 0);
    await sender.sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }]);
    assert.equal(await receiver.deleteMessages({ maxMessageCount: 2 }), 2);
    assert.equal(await receiver.purgeMessages(), 1);
    await isEmpty();
  },
};

const full = 'purgeMessages' in receiver ? { ...all, ...deleting } : all;
await show(transport === 'tls' ? full : { send });
await client.close();
