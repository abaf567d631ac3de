// rhea 3, the AMQP library under Microsoft's SDK for JavaScript, by itself.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import rhea from 'rhea';
import { WebSocket } from 'ws';
import { broker, show, transport } from './abilities.mjs';

const { host, port, keyName, key, queue, sessions: sessionQueue, topic: topicName, subscription } = broker;
const PEEK_LOCK = { autoaccept: false, autosettle: false, credit_window: 0, rcv_settle_mode: 1 };
const BATCH_FORMAT = 0x80013700;

const container = rhea.create_container();
const certificate = readFileSync(process.env.BROKER_CERTIFICATE);
const over = {
  plain: { host, port },
  tls: { host, port, transport: 'tls', ca: certificate },
  websocket: {
    connection_details: () =>
      rhea.websocket_connect(WebSocket)(`wss://${host}:${port}/$servicebus/websocket`, ['AMQPWSB10'], {
        ca: certificate,
      })(),
  },
};
const connection = container.connect({ username: keyName, password: key, reconnect: false, ...over[transport] });
await once(container, 'connection_open');

async function put(message, address = queue, format = undefined) {
  const sender = connection.open_sender({ target: { address } });
  await once(sender, 'sendable');
  if (format === undefined) sender.send(message);
  else sender.send(message, undefined, format);
  await once(sender, 'accepted');
  sender.close();
}

async function openReceiver(options) {
  const receiver = connection.open_receiver({ ...PEEK_LOCK, ...options });
  await once(receiver, 'receiver_open');
  return receiver;
}

async function take(receiver, body) {
  receiver.add_credit(1);
  const [context] = await once(receiver, 'message');
  assert.equal(String(context.message.body?.content ?? context.message.body), body);
  return context;
}

/** Settles, and waits until the broker has. */
async function settle(receiver, { delivery }, how) {
  const settled = once(receiver, 'settled');
  how(delivery);
  await settled;
}

const accept = (delivery) => delivery.accept();

async function takeAll(bodies, address = queue) {
  const receiver = await openReceiver({ source: { address } });
  for (const body of bodies) await settle(receiver, await take(receiver, body), accept);
  receiver.close();
}

/** The status and the body of an answer of the queue's management node. */
async function manage(operation, body) {
  const address = `${queue}/$management`;
  const receiver = connection.open_receiver({ source: { address }, target: { address: 'replies' } });
  const sender = connection.open_sender({ target: { address } });
  await once(sender, 'sendable');
  const application_properties = { operation: `com.microsoft:${operation}` };
  sender.send({ message_id: 1, reply_to: 'replies', application_properties, body });
  const [{ message }] = await once(receiver, 'message');
  receiver.close();
  sender.close();
  assert.ok([200, 204].includes(message.application_properties.statusCode), operation);
  return message.body;
}

async function peeked() {
  const { messages = [] } = await manage('peek-message', {
    'from-sequence-number': rhea.types.wrap_long(1),
    'message-count': rhea.types.wrap_int(10),
  });
  return messages.map(({ message }) => rhea.message.decode(message).body);
}

const send = async () => {
  await put({ message_id: 'm', subject: 's', application_properties: { number: 5 }, body: 'send' });
  const receiver = await openReceiver({ source: { address: queue } });
  const context = await take(receiver, 'send');
  const { message_id, subject, application_properties } = context.message;
  assert.deepEqual([message_id, subject, application_properties], ['m', 's', { number: 5 }]);
  await settle(receiver, context, accept);
  receiver.close();
};

const all = {
  send,
  batch: async () => {
    const encoded = ['one', 'two'].map((body) => rhea.message.encode({ body }));
    await put(rhea.message.encode({ body: rhea.message.data_sections(encoded) }), queue, BATCH_FORMAT);
    await takeAll(['one', 'two']);
  },
  complete: async () => {
    await put({ body: 'complete' });
    await takeAll(['complete']);
    assert.deepEqual(await peeked(), []);
  },
  abandon: async () => {
    await put({ body: 'abandon' });
    const receiver = await openReceiver({ source: { address: queue } });
    const release = (delivery) => delivery.release();
    const modify = (delivery) => delivery.modified({ delivery_failed: true });
    for (const [count, how] of [modify, release, accept].entries()) {
      const context = await take(receiver, 'abandon');
      assert.equal(context.message.delivery_count, count);
      await settle(receiver, context, how);
    }
    receiver.close();
  },
  'dead-letter': async () => {
    await put({ body: 'dead letter' });
    const receiver = await openReceiver({ source: { address: queue } });
    const info = { DeadLetterReason: 'why' };
    const reject = (delivery) => delivery.reject({ condition: 'com.microsoft:dead-letter', info });
    await settle(receiver, await take(receiver, 'dead letter'), reject);
    receiver.close();
    await takeAll(['dead letter'], `${queue}/$DeadLetterQueue`);
  },
  defer: async () => {
    await put({ body: 'defer' });
    const receiver = await openReceiver({ source: { address: queue } });
    const context = await take(receiver, 'defer');
    await settle(receiver, context, (delivery) => delivery.modified({ undeliverable_here: true }));
    receiver.close();
    const numbers = rhea.types.wrap_array([context.message.message_annotations['x-opt-sequence-number']], 0x81);
    const { messages } = await manage('receive-by-sequence-number', {
      'sequence-numbers': numbers,
      'receiver-settle-mode': rhea.types.wrap_uint(1),
    });
    const token = rhea.types.wrap_array([messages[0]['lock-token']], 0x98);
    await manage('update-disposition', { 'lock-tokens': token, 'disposition-status': 'completed' });
    assert.deepEqual(await peeked(), []);
  },
  renew: async () => {
    await put({ body: 'renew' });
    const receiver = await openReceiver({ source: { address: queue } });
    const context = await take(receiver, 'renew');
    const token = rhea.types.wrap_array([context.message.delivery_annotations['x-opt-lock-token']], 0x98);
    const { expirations } = await manage('renew-lock', { 'lock-tokens': token });
    assert.equal(expirations.length, 1);
    await settle(receiver, context, accept);
    receiver.close();
  },
  'receive-and-delete': async () => {
    await put({ body: 'for good' });
    const receiver = await openReceiver({ source: { address: queue }, snd_settle_mode: 1, rcv_settle_mode: 0 });
    await take(receiver, 'for good');
    receiver.close();
    assert.deepEqual(await peeked(), []);
  },
  peek: async () => {
    await put({ body: 'peek' });
    assert.deepEqual(await peeked(), ['peek']);
    await takeAll(['peek']);
  },
  schedule: async () => {
    const at = rhea.types.wrap_timestamp(Date.now() + 86_400_000);
    const message_annotations = { 'x-opt-scheduled-enqueue-time': at };
    const message = rhea.message.encode({ message_id: 'm', message_annotations, body: 'later' });
    const answer = await manage('schedule-message', { messages: [{ 'message-id': 'm', message }] });
    assert.deepEqual(await peeked(), ['later']);
    const numbers = rhea.types.wrap_array([...answer['sequence-numbers']], 0x81);
    await manage('cancel-scheduled-message', { 'sequence-numbers': numbers });
    assert.deepEqual(await peeked(), []);
  },
  sessions: async () => {
    for (const body of ['session 0', 'session 1']) await put({ body, group_id: 'one' }, sessionQueue);
    for (const [number, wanted] of ['one', null].entries()) {
      const filter = { 'com.microsoft:session-filter': wanted };
      const receiver = await openReceiver({ source: { address: sessionQueue, filter } });
      assert.equal(receiver.source.filter['com.microsoft:session-filter'], 'one');
      await settle(receiver, await take(receiver, `session ${number}`), accept);
      const closed = once(receiver, 'receiver_close');
      receiver.close();
      await closed;
    }
  },
  topic: async () => {
    await put({ body: 'topic' }, topicName);
    await takeAll(['topic'], `${topicName}/Subscriptions/${subscription}`);
  },
  large: async () => {
    const body = 'x'.repeat(250 * 1024);
    await put({ body });
    await takeAll([body]);
  },
};

await show(transport === 'tls' ? all : { send });
connection.close();
