import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type rhea from 'rhea';
import { RawClient } from '../amqp/testing/raw-client.js';
import { type Broker, startBroker } from '../broker.js';
import { parseTopology } from '../topology/index.js';
import { createSasToken } from './sas-token.js';

const rule = (KeyName: string, ...Rights: string[]) => ({ KeyName, PrimaryKey: KeyName, Rights });
const TOPOLOGY = parseTopology(
  JSON.stringify({
    UserConfig: {
      Namespaces: [
        {
          Name: 'local',
          AuthorizationRules: [rule('listen', 'Listen'), rule('send', 'Send')],
          Queues: ['orders', 'orders2', 'orders/x'].map((Name) => ({ Name })),
          Topics: ['events', 'events2'].map((Name) => ({ Name, Subscriptions: [{ Name: 'a' }, { Name: 'ab' }] })),
        },
      ],
    },
  }),
);
const REFUSED = { condition: 'amqp:unauthorized-access' };

let broker: Broker;
let raw: RawClient;
let requests: rhea.Sender;
let replies: rhea.Receiver;

beforeEach(async () => {
  broker = await startBroker({ topology: TOPOLOGY, requireAuth: true });
  raw = await RawClient.connect(broker.port, { username: 'anonymous' });
  replies = raw.connection.open_receiver({ source: { address: '$cbs' }, target: { address: 'cbs-replies' } });
  requests = await raw.openSender('$cbs');
});
afterEach(async () => {
  await raw.close();
  await broker.close();
});

/** Shows a token. @returns the status of the answer */
async function put(...token: Parameters<typeof answerTo>): Promise<unknown> {
  return (await answerTo(...token))?.['status-code'];
}

/** Shows a token. @returns the application properties of the answer */
async function answerTo(keyName: string, path: string, expiresAt = Date.now() + 60_000) {
  const name = `sb://127.0.0.1:${broker.port}/${path}`;
  requests.send({
    message_id: '1',
    reply_to: 'cbs-replies',
    application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name },
    body: createSasToken(name, keyName, keyName, expiresAt),
  });
  const [{ message }] = (await once(replies, 'message')) as [{ message: rhea.Message }];
  return message.application_properties;
}

const receive = (address: string) => raw.connection.open_receiver({ source: { address }, credit_window: 0 });
const send = (address: string) => raw.connection.open_sender({ target: { address } });
const refused = async (link: rhea.Receiver | rhea.Sender) => {
  await once(link, link.is_receiver() ? 'receiver_error' : 'sender_error');
  expect(link.error).toMatchObject(REFUSED);
};

describe('a token for one entity', () => {
  it.each([
    ['orders', ['orders', 'orders/$DeadLetterQueue'], ['orders2', 'orders/x', 'orders/x/$DeadLetterQueue']],
    [
      'events',
      ['events/Subscriptions/a', 'events/Subscriptions/ab/$DeadLetterQueue'],
      ['events2/Subscriptions/a', 'events2/Subscriptions/a/$DeadLetterQueue'],
    ],
    [
      'events/Subscriptions/a',
      ['events/Subscriptions/a', 'events/Subscriptions/a/$DeadLetterQueue'],
      ['events/Subscriptions/ab', 'events2/Subscriptions/a', 'orders'],
    ],
  ])('opens %s, and no links to others', async (path, opened, others) => {
    expect(await put('listen', path)).toBe(202);
    for (const address of opened) {
      const receiver = await raw.openReceiver(address);
      expect(receiver.is_open()).toBe(true);
      expect(await raw.request(address, 'com.microsoft:peek-message', PEEK)).toMatchObject({ status: 204 });
    }
    for (const address of others) {
      await refused(receive(address));
      await refused(receive(`${address}/$management`));
      await refused(send(`${address}/$management`));
    }
  });

  it('to listen does not send, nor one to send receive, by links and by requests', async () => {
    await put('listen', 'orders');
    await refused(send('orders'));
    const sending = ['com.microsoft:schedule-message', 'com.microsoft:cancel-scheduled-message'];
    for (const operation of sending) {
      expect(await raw.request('orders', operation, { messages: [], 'sequence-numbers': [] })).toMatchObject({
        status: 401,
        ...REFUSED,
      });
    }
    await put('send', 'orders2');
    await refused(receive('orders2'));
    for (const operation of ['peek-message', 'batch-delete-messages', 'receive-by-sequence-number', 'renew-lock']) {
      const answer = await raw.request('orders2', `com.microsoft:${operation}`, PEEK);
      expect(answer).toMatchObject({ status: 401, ...REFUSED });
    }
    expect((await raw.openSender('orders2')).is_open()).toBe(true);
  });
});

const PEEK = { 'from-sequence-number': 1, 'message-count': 1 };

it.each([
  ['of what is not there', 'listen', 'missing', 60_000, 404, /^The messaging entity 'sb:.*missing' could not be found/],
  ['that has ended', 'listen', 'orders', -60_000, 401, /^ExpiredToken/],
])('a token %s is refused with a text that ends as Azure has it', async (_, key, path, life, status, text) => {
  const answer = (await answerTo(key, path, Date.now() + life)) ?? {};
  const description = String(answer['status-description']);
  expect(answer['status-code']).toBe(status);
  expect(description).toMatch(text);
  expect(description).toMatch(
    / TrackingId:[\da-f-]{36}, SystemTracker:NoSystemTracker, Timestamp:\d{4}-\d\d-\d\dT[\d:]{8}$/,
  );
});

it('a token that ends takes its links with it, whatever kind, and opens no more; another opens them again', async () => {
  // Tokens end by the second, and by the system's clock.
  const end = Math.ceil(Date.now() / 1000) * 1000 + 1_000;
  expect(await put('listen', 'orders', end)).toBe(202);
  await put('send', 'orders2');
  const receiver = await raw.openReceiver('orders');
  const management = await raw.openSender('orders/$management');
  const other = await raw.openSender('orders2');
  const ended = [once(receiver, 'receiver_error'), once(management, 'sender_error')];
  await Promise.all(ended);
  for (const { error } of [receiver, management]) {
    expect(error).toMatchObject({ ...REFUSED, description: expect.stringContaining('ExpiredToken') });
  }
  expect(Date.now()).toBeGreaterThanOrEqual(end);
  expect(other.is_open()).toBe(true);
  await refused(receive('orders'));
  expect(await put('listen', 'orders', end)).toBe(401);
  expect(await put('listen', 'orders')).toBe(202);
  expect((await raw.openReceiver('orders')).is_open()).toBe(true);
});
