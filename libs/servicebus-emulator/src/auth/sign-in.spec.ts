import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../amqp/testing/raw-client.js';
import { type Broker, startBroker } from '../broker.js';
import { parseTopology } from '../topology/index.js';
import { createSasToken } from './sas-token.js';

const TOPOLOGY = parseTopology(
  JSON.stringify({
    UserConfig: {
      Namespaces: [
        {
          Name: 'local',
          AuthorizationRules: [
            { KeyName: 'reader', PrimaryKey: 'r1', SecondaryKey: 'r2', Rights: ['Listen'] },
            { KeyName: 'writer', PrimaryKey: 'w1', Rights: ['Send'] },
          ],
          Queues: [
            {
              Name: 'orders',
              Properties: {},
              AuthorizationRules: [{ KeyName: 'own', PrimaryKey: 'o1', Rights: ['Send'] }],
            },
          ],
        },
      ],
    },
  }),
);
const ROOT = { username: 'RootManageSharedAccessKey', password: 'SAS_KEY_VALUE' };
const PEEK = { 'from-sequence-number': 1, 'message-count': 1 };
const UNAUTHORIZED = { condition: 'amqp:unauthorized-access' };

let broker: Broker;
const clients: RawClient[] = [];

async function connect(credentials: { username: string; password?: string }): Promise<RawClient> {
  const client = await RawClient.connect(broker.port, credentials);
  clients.push(client);
  return client;
}

/** How an attach as a sender ends: undefined when it is granted. */
async function refusalToSend(client: RawClient): Promise<unknown> {
  const sender = client.connection.open_sender({ target: { address: 'orders' } });
  await Promise.race([once(sender, 'sendable'), once(sender, 'sender_error')]);
  return sender.error;
}

/** How an attach as a receiver ends: undefined when it is granted. */
async function refusalToReceive(client: RawClient): Promise<unknown> {
  const receiver = client.connection.open_receiver({ source: { address: 'orders' }, credit_window: 0 });
  await once(receiver, 'receiver_open');
  await new Promise(setImmediate);
  if (receiver.is_open()) return undefined;
  return receiver.error;
}

async function put(client: RawClient, keyName: string, key: string): Promise<void> {
  const resource = `sb://127.0.0.1:${broker.port}/orders`;
  const replies = client.connection.open_receiver({ source: { address: '$cbs' }, target: { address: 'replies' } });
  const sender = await client.openSender('$cbs');
  sender.send({
    message_id: '1',
    reply_to: 'replies',
    application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: resource },
    body: createSasToken(resource, keyName, key, Date.now() + 60_000),
  });
  await once(replies, 'message');
}

afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

describe('SASL PLAIN where authorization is required', () => {
  beforeAll(async () => {
    broker = await startBroker({ topology: TOPOLOGY, requireAuth: true });
  });
  afterAll(() => broker.close());

  it('opens with a key of the namespace what that key does, without any token', async () => {
    const root = await connect(ROOT);
    const sender = await root.openSender('orders');
    sender.send({ body: 'by key' });
    await once(sender, 'accepted');
    const receiver = await root.openReceiver('orders');
    receiver.add_credit(1);
    const [{ message, delivery }] = (await once(receiver, 'message')) as [{ message: unknown; delivery: never }];
    expect(message).toMatchObject({ body: 'by key' });
    (delivery as { accept(): void }).accept();
    expect(await root.request('orders', 'com.microsoft:peek-message', PEEK)).toMatchObject({ status: 204 });
  });

  it('gives no more rights than the key has, whichever of its values is shown', async () => {
    for (const password of ['r1', 'r2']) {
      const reader = await connect({ username: 'reader', password });
      expect(await refusalToReceive(reader)).toBeUndefined();
      expect(await refusalToSend(reader)).toMatchObject(UNAUTHORIZED);
    }
    const writer = await connect({ username: 'writer', password: 'w1' });
    expect(await refusalToSend(writer)).toBeUndefined();
    expect(await refusalToReceive(writer)).toMatchObject(UNAUTHORIZED);
  });

  it.each([
    ['a wrong key', { username: 'reader', password: 'r3' }],
    ['the key of another name', { username: 'writer', password: 'r1' }],
    ['an unknown name', { username: 'nobody', password: 'SAS_KEY_VALUE' }],
    ['a key of one entity only', { username: 'own', password: 'o1' }],
  ])('refuses %s with the outcome "auth", and hangs up', async (_, credentials) => {
    await expect(connect(credentials)).rejects.toMatchObject({
      message: 'Failed to authenticate: 1',
      ...UNAUTHORIZED,
    });
  });

  it('hangs up by itself on who showed a wrong key', async () => {
    const socket = createConnection(broker.port, '127.0.0.1');
    const ended = once(socket, 'end');
    const received: Buffer[] = [];
    socket.on('data', (bytes) => received.push(bytes));
    const init = Buffer.from('\x00\x53\x41\xc0\x16\x02\xa3\x05PLAIN\xa0\x0c\0reader\0nope', 'latin1');
    socket.write('AMQP\x03\x01\x00\x00', 'latin1');
    socket.write(Buffer.concat([Buffer.of(0, 0, 0, 8 + init.length, 2, 1, 0, 0), init]));
    await ended;
    const outcome = '005344c00402500140'; // The code is auth, and there is no more to say.
    expect(Buffer.concat(received).toString('hex')).toContain(outcome);
    while (broker.connections > 0) await new Promise(setImmediate);
  });

  it('takes tokens on top of a key', async () => {
    const reader = await connect({ username: 'reader', password: 'r1' });
    expect(await refusalToSend(reader)).toMatchObject(UNAUTHORIZED);
    await put(reader, 'own', 'o1');
    expect(await refusalToSend(reader)).toBeUndefined();
    expect(await refusalToReceive(reader)).toBeUndefined();
  });

  it('does not ask who signed in for a token in time', async () => {
    const root = await connect(ROOT);
    await root.openSender('orders');
    broker.clock.advance(30_000);
    expect(root.connection.is_open()).toBe(true);
  });

  it('leaves ANONYMOUS without rights until there is a token', async () => {
    const anonymous = await connect({ username: 'anonymous' });
    expect(await refusalToSend(anonymous)).toMatchObject(UNAUTHORIZED);
    await put(anonymous, 'own', 'o1');
    expect(await refusalToSend(anonymous)).toBeUndefined();
  });
});

it('lets any key in where none is required', async () => {
  broker = await startBroker({ topology: TOPOLOGY });
  const anybody = await connect({ username: 'anybody', password: 'anything' });
  expect(await refusalToSend(anybody)).toBeUndefined();
  await anybody.close();
  await broker.close();
});
