import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { plainHttpPolicy } from '../admin/plain-http-policy.js';
import { type Broker, startBroker } from '../broker.js';
import type { BrokerOptions } from '../broker-options.js';
import { parseTopology } from '../topology/index.js';
import { createSasToken } from './sas-token.js';

const TOPOLOGY = parseTopology(
  JSON.stringify({
    UserConfig: {
      Namespaces: [
        {
          Name: 'local',
          AuthorizationRules: [{ KeyName: 'reader', PrimaryKey: 'r1', SecondaryKey: 'r2', Rights: ['Listen'] }],
          Queues: [
            {
              Name: 'orders',
              Properties: {},
              AuthorizationRules: [{ KeyName: 'sender', PrimaryKey: 's1', Rights: ['Send'] }],
            },
            { Name: 'other', Properties: {} },
          ],
          Topics: [{ Name: 'events', Properties: {}, Subscriptions: [{ Name: 'audit', Properties: {} }] }],
        },
      ],
    },
  }),
);

const REFUSED = { code: 'UnauthorizedAccess' };
const QUICK = { retryOptions: { maxRetries: 0, retryDelayInMs: 10 } };
const brokers: Broker[] = [];
const clients: ServiceBusClient[] = [];

async function start(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await startBroker({ topology: TOPOLOGY, requireAuth: true, ...options });
  brokers.push(broker);
  return broker;
}

function withKey(broker: Broker, keyName: string, key: string): string {
  return broker.connectionString
    .replace('SharedAccessKeyName=RootManageSharedAccessKey', `SharedAccessKeyName=${keyName}`)
    .replace('SharedAccessKey=SAS_KEY_VALUE', `SharedAccessKey=${key}`);
}

function connect(connectionString: string): ServiceBusClient {
  const client = new ServiceBusClient(connectionString, QUICK);
  clients.push(client);
  return client;
}

/** A client that was given a signature rather than a key. */
function connectWithToken(broker: Broker, token: string): ServiceBusClient {
  const endpoint = `Endpoint=sb://127.0.0.1:${broker.port}`;
  return connect(`${endpoint};SharedAccessSignature=${token};UseDevelopmentEmulator=true`);
}

const inAnHour = () => Date.now() + 3_600_000;

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => Promise.all(brokers.map((broker) => broker.close())));

describe('a broker that requires authorization', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await start();
  });

  it('lets the root key do everything', async () => {
    const client = connect(broker.connectionString);
    await client.createSender('orders').sendMessages({ body: 1 });
    const [message] = await client.createReceiver('orders', { receiveMode: 'receiveAndDelete' }).receiveMessages(1);
    expect(message?.body).toBe(1);
  });

  it('refuses a wrong key and an unknown one', async () => {
    for (const [name, key] of [
      ['RootManageSharedAccessKey', 'wrong'],
      ['nobody', 'SAS_KEY_VALUE'],
    ] as const) {
      const client = connect(withKey(broker, name, key));
      await expect(client.createSender('orders').sendMessages({ body: 1 })).rejects.toMatchObject(REFUSED);
    }
  });

  it('lets a key of the namespace listen everywhere, with either value, and not send', async () => {
    for (const key of ['r1', 'r2']) {
      const client = connect(withKey(broker, 'reader', key));
      expect(await client.createReceiver('other').peekMessages(1)).toEqual([]);
      expect(await client.createReceiver('events', 'audit').peekMessages(1)).toEqual([]);
      expect(await client.createReceiver('orders', { subQueueType: 'deadLetter' }).peekMessages(1)).toEqual([]);
      const sender = client.createSender('orders');
      await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject(REFUSED);
      await expect(sender.scheduleMessages({ body: 1 }, new Date())).rejects.toMatchObject(REFUSED);
    }
  });

  it('lets a key of a queue send there, and nothing else', async () => {
    const client = connect(withKey(broker, 'sender', 's1'));
    const sender = client.createSender('orders');
    await sender.sendMessages({ body: 1 });
    const [number] = await sender.scheduleMessages({ body: 1 }, new Date(inAnHour()));
    if (number) await sender.cancelScheduledMessages(number);
    await expect(client.createSender('other').sendMessages({ body: 1 })).rejects.toMatchObject(REFUSED);
    await expect(client.createReceiver('orders').peekMessages(1)).rejects.toMatchObject(REFUSED);
    const receiving = client.createReceiver('orders').receiveMessages(1, { maxWaitTimeInMs: 500 });
    await expect(receiving).rejects.toMatchObject(REFUSED);
  });

  it('takes a signature as well as a key, as long as it is valid', async () => {
    const resource = `sb://127.0.0.1:${broker.port}/orders`;
    const valid = connectWithToken(broker, createSasToken(resource, 'sender', 's1', inAnHour()));
    await valid.createSender('orders').sendMessages({ body: 1 });
    await expect(valid.createSender('other').sendMessages({ body: 1 })).rejects.toMatchObject(REFUSED);
    const over = connectWithToken(broker, createSasToken(resource, 'sender', 's1', Date.now() - 60_000));
    await expect(over.createSender('orders').sendMessages({ body: 1 })).rejects.toThrow('ExpiredToken');
  });

  it('lets a token open no more than the subscription it names, though its key opens the whole topic', async () => {
    const { namespace, clock } = broker;
    const authorizationRules = [
      { keyName: 'all', primaryKey: 'a', secondaryKey: undefined, rights: ['Listen'] as const },
    ];
    namespace.createTopic('t', { authorizationRules }, clock.now());
    for (const name of ['one', 'two']) namespace.createSubscription(`t/Subscriptions/${name}`, {}, clock.now());
    const resource = `sb://127.0.0.1:${broker.port}/t/Subscriptions/one`;
    const client = connectWithToken(broker, createSasToken(resource, 'all', 'a', inAnHour()));
    expect(await client.createReceiver('t', 'one').peekMessages(1)).toEqual([]);
    await expect(client.createReceiver('t', 'two').receiveMessages(1)).rejects.toMatchObject(REFUSED);
  });

  it('lets only who may manage administer it', async () => {
    const admin = (connectionString: string) => {
      const client = new ServiceBusAdministrationClient(connectionString, { retryOptions: { maxRetries: 0 } });
      client.pipeline.addPolicy(plainHttpPolicy());
      return client;
    };
    const root = admin(broker.adminConnectionString);
    const manager = { keyName: 'manager', primaryKey: 'm', accessRights: ['Manage', 'Send', 'Listen'] as const };
    const rules = [{ claimType: 'SharedAccessKey', ...manager, accessRights: [...manager.accessRights] }];
    await root.createQueue('managed', { authorizationRules: rules as never });
    const own = admin(withKey(broker, 'manager', 'm'));
    expect((await own.getQueue('managed')).name).toBe('managed');
    const refused = { statusCode: 401, code: 'UnauthorizedRequestError' };
    await expect(own.getQueue('orders')).rejects.toMatchObject(refused);
    await expect(admin(withKey(broker, 'reader', 'r1')).getQueue('orders')).rejects.toMatchObject(refused);
    await expect(admin(withKey(broker, 'manager', 'x')).getQueue('managed')).rejects.toMatchObject(refused);
    await expect(own.listQueues().next()).rejects.toMatchObject(refused);
    expect((await root.listQueues().next()).done).toBe(false);
  });

  it('shows its own pages to who may manage, and its health to everybody', async () => {
    const url = `http://127.0.0.1:${broker.port}`;
    const status = async (path: string, headers = {}) => (await fetch(`${url}${path}`, { headers })).status;
    expect([await status('/health'), await status('/entities')]).toEqual([200, 401]);
    const token = createSasToken(`${url}/`, 'RootManageSharedAccessKey', 'SAS_KEY_VALUE', inAnHour());
    expect(await status('/entities', { authorization: token })).toBe(200);
  });
});

describe('tokens that end', () => {
  async function sendUntilOver(broker: Broker): Promise<unknown> {
    const resource = `sb://127.0.0.1:${broker.port}/orders`;
    const expiresAt = Math.ceil(Date.now() / 1000) * 1000 + 4_000;
    const sender = connectWithToken(broker, createSasToken(resource, 'sender', 's1', expiresAt)).createSender('orders');
    await sender.sendMessages({ body: 'before' });
    // Tokens end by the second, and by the system's clock.
    await new Promise((resolve) => setTimeout(resolve, expiresAt - Date.now() + 100));
    return sender.sendMessages({ body: 'after' });
  }

  /** What came of both, which wait for the same seconds to pass. */
  let enforced: PromiseSettledResult<unknown>;
  let ignored: PromiseSettledResult<unknown>;
  beforeAll(async () => {
    const both = [await start(), await start({ enforceTokenExpiry: false })];
    [enforced, ignored] = (await Promise.allSettled(both.map(sendUntilOver))) as [typeof enforced, typeof ignored];
  });

  it('end the links they opened', () => {
    expect(enforced).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('ExpiredToken') },
    });
  });

  it('do not, when told so', () => {
    expect(ignored).toEqual({ status: 'fulfilled', value: undefined });
  });
});

describe('tokens of Entra ID', () => {
  const token = (exp: number) =>
    ['{}', JSON.stringify({ exp }), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.');
  const ask = (broker: Broker, exp: number) =>
    fetch(`http://127.0.0.1:${broker.port}/entities`, { headers: { authorization: `Bearer ${token(exp)}` } });

  it('are believed only when the broker was told so, and only while they last', async () => {
    const [strict, trusting] = [await start(), await start({ acceptEntraTokens: true })];
    const valid = inAnHour() / 1000;
    expect((await ask(strict, valid)).status).toBe(401);
    expect((await ask(trusting, valid)).status).toBe(200);
    expect((await ask(trusting, valid - 7_200)).status).toBe(401);
  });
});

it('asks nobody for a key by default', async () => {
  const broker = await start({ requireAuth: false });
  await connect(withKey(broker, 'anybody', 'anything'))
    .createSender('orders')
    .sendMessages({ body: 1 });
});
