import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ServiceBusAdministrationClient,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusSessionReceiver,
} from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type Long from 'long';
import { RawClient } from '../amqp/testing/raw-client.js';
import { type Broker, startBrokerOn } from '../broker.js';
import { adminClient } from '../testing/admin.js';
import { loopbackDelivered } from '../testing/loopback.js';
import { HeldDisk } from './testing/held-disk.js';

let dir: string;
let disk: HeldDisk;
let broker: Broker;
let client: ServiceBusClient;
let admin: ServiceBusAdministrationClient;
let raw: RawClient;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'broker-'));
  await start();
  const { namespace, clock } = broker;
  namespace.createQueue('q', {}, clock.now());
  namespace.createQueue('s', { requiresSession: true }, clock.now());
  namespace.createTopic('t', {}, clock.now());
  namespace.createSubscription('t/Subscriptions/s', {}, clock.now());
});

afterEach(async () => {
  disk.release();
  await stop();
  await rm(dir, { recursive: true });
});

async function start(): Promise<void> {
  disk = new HeldDisk(dir);
  broker = await startBrokerOn({ files: disk, reserveBytes: 0 }, { dataDir: dir });
  client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } });
  admin = adminClient(broker);
  raw = await RawClient.connect(broker.port);
}

async function stop(): Promise<void> {
  await raw.close();
  await client.close();
  await broker.close();
}

interface Case {
  /** What must be there for it. @returns what is answered once it is stored */
  readonly prepare: () => Promise<() => Promise<unknown>>;
  /** What there is once it was answered, also after a restart. */
  readonly expected: () => unknown;
}

const q = () => broker.namespace.registry.get('q');
const send = (body = 'x') => client.createSender('q').sendMessages({ body });
const later = () => new Date(broker.clock.now() + 3_600_000);

async function received(): Promise<ServiceBusReceivedMessage> {
  const [message] = await client.createReceiver('q').receiveMessages(1);
  if (!message) throw new Error('Nothing came.');
  return message;
}

/** A settlement of a message that was received. */
const settlement =
  (settle: (receiver: ReturnType<typeof client.createReceiver>, message: ServiceBusReceivedMessage) => Promise<void>) =>
  async () => {
    await send();
    const receiver = client.createReceiver('q');
    const [message] = await receiver.receiveMessages(1);
    if (!message) throw new Error('Nothing came.');
    return () => settle(receiver, message);
  };

const counts = () => {
  const entity = q();
  const { active, deferred, scheduled } = entity.main.counts;
  const dead = entity.kind === 'queue' ? entity.deadLetters.counts.active : 0;
  return { active, deferred, scheduled, dead };
};
const NOTHING = { active: 0, deferred: 0, scheduled: 0, dead: 0 };

const CASES: Record<string, Case & { readonly gives: unknown }> = {
  'a send': {
    prepare: () => {
      const sender = client.createSender('q');
      return Promise.resolve(() => sender.sendMessages({ body: 'x' }));
    },
    expected: counts,
    gives: { ...NOTHING, active: 1 },
  },
  'a batch': {
    prepare: () => {
      const sender = client.createSender('q');
      return Promise.resolve(() => sender.sendMessages([{ body: 'x' }, { body: 'y' }]));
    },
    expected: counts,
    gives: { ...NOTHING, active: 2 },
  },
  'a send to a topic': {
    prepare: () => {
      const sender = client.createSender('t');
      return Promise.resolve(() => sender.sendMessages({ body: 'x' }));
    },
    expected: () => broker.namespace.registry.get('t/Subscriptions/s').main.counts.active,
    gives: 1,
  },
  'a completion': {
    prepare: settlement((receiver, message) => receiver.completeMessage(message)),
    expected: counts,
    gives: NOTHING,
  },
  'a dead-lettering': {
    prepare: settlement((receiver, message) => receiver.deadLetterMessage(message)),
    expected: counts,
    gives: { ...NOTHING, dead: 1 },
  },
  'a deferral': {
    prepare: settlement((receiver, message) => receiver.deferMessage(message)),
    expected: counts,
    gives: { ...NOTHING, deferred: 1 },
  },
  'an abandon with properties': {
    prepare: settlement((receiver, message) => receiver.abandonMessage(message, { tried: 'once' })),
    expected: () => {
      const message = q().main.find(1);
      return [message?.deliveryCount, message?.content.bare.includes('once')];
    },
    gives: [1, true],
  },
  'a completion without its link': {
    prepare: async () => {
      await send();
      const { lockToken } = await received();
      const body = { 'disposition-status': 'completed', 'lock-tokens': [lockToken] };
      return () => raw.request('q', 'com.microsoft:update-disposition', body);
    },
    expected: counts,
    gives: NOTHING,
  },
  'a scheduling': {
    prepare: async () => {
      const sender = client.createSender('q');
      const [number] = await sender.scheduleMessages({ body: 'x' }, later());
      await sender.cancelScheduledMessages(number as Long);
      return () => sender.scheduleMessages({ body: 'x' }, later());
    },
    expected: counts,
    gives: { ...NOTHING, scheduled: 1 },
  },
  'a cancelling': {
    prepare: async () => {
      const sender = client.createSender('q');
      const numbers = await sender.scheduleMessages({ body: 'x' }, later());
      return () => sender.cancelScheduledMessages(numbers);
    },
    expected: counts,
    gives: NOTHING,
  },
  'the state of a session': {
    prepare: async () => {
      const session: ServiceBusSessionReceiver = await client.acceptSession('s', 'mine');
      await session.setSessionState('before');
      return () => session.setSessionState('after');
    },
    expected: () => broker.namespace.registry.get('s').main.sessions?.get('mine')?.state?.toString(),
    gives: '"after"',
  },
  'a deferred message that is received and deleted': {
    prepare: async () => {
      await settlement((receiver, message) => receiver.deferMessage(message))().then((defer) => defer());
      const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' });
      const [peeked] = await receiver.peekMessages(1);
      return () => receiver.receiveDeferredMessages(peeked?.sequenceNumber as Long);
    },
    expected: counts,
    gives: NOTHING,
  },
  'a batch delete': {
    prepare: async () => {
      await send();
      return () => raw.request('q', 'com.microsoft:batch-delete-messages', { 'message-count': 1 });
    },
    expected: counts,
    gives: NOTHING,
  },
  'a rule over AMQP': {
    prepare: () =>
      Promise.resolve(() => raw.request('t/Subscriptions/s', 'com.microsoft:remove-rule', { 'rule-name': '$Default' })),
    expected: () => rulesOf('t/Subscriptions/s'),
    gives: [],
  },
  'an entity that is created': {
    prepare: () => Promise.resolve(() => admin.createQueue('new')),
    expected: () => broker.namespace.registry.find('new')?.kind,
    gives: 'queue',
  },
  'an entity that is deleted': {
    prepare: () => Promise.resolve(() => admin.deleteQueue('q')),
    expected: () => broker.namespace.registry.find('q'),
    gives: undefined,
  },
  'a rule over HTTP': {
    prepare: () => Promise.resolve(() => admin.createRule('t', 's', 'all', { sqlExpression: '1=1' })),
    expected: () => rulesOf('t/Subscriptions/s'),
    gives: ['$Default', 'all'],
  },
};

function rulesOf(path: string): readonly string[] {
  const entity = broker.namespace.registry.get(path);
  return entity.kind === 'subscription' ? entity.rules.list().map(({ rule }) => rule.name) : [];
}

describe('answered only once it is on the disk, and there after a restart:', () => {
  it.each(Object.entries(CASES))('%s', async (_, { prepare, expected, gives }) => {
    const act = await prepare();
    const waits = disk.hold();
    let answered = false;
    const answer = act().finally(() => (answered = true));
    await waits;
    await loopbackDelivered();
    expect(answered).toBe(false);
    disk.release();
    await answer;
    expect(expected()).toEqual(gives);
    await stop();
    await start();
    expect(expected()).toEqual(gives);
  });
});

describe('answered as failed when the disk fails, not as done:', () => {
  const reports = (answer: unknown) => (answer as { readonly status?: number }).status ?? 200;
  it.each(Object.entries(CASES))('%s', async (_, { prepare }) => {
    const act = await prepare();
    const waits = disk.hold();
    const outcome = act().then(reports, () => 500);
    await waits;
    disk.release('EIO');
    expect(await outcome).toBe(500);
    await raw.close();
    await client.close();
    await expect(broker.close()).rejects.toThrow('cannot be written any more');
    await start();
  });
});
