import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type rhea from 'rhea';
import { type Broker, startBroker } from '../broker.js';
import { idsIn } from '../testing/pure-namespace.js';
import { testMessage } from '../testing/message.js';
import { RawClient } from './testing/raw-client.js';

const LOCK = 30_000;
const SESSION = { 'com.microsoft:session-filter': 's' };

let broker: Broker;
const clients: RawClient[] = [];

beforeEach(async () => {
  broker = await startBroker();
  const { namespace, clock } = broker;
  namespace.createQueue('s', { requiresSession: true, lockDuration: LOCK, maxDeliveryCount: 2 }, clock.now());
  namespace.createQueue('q', { lockDuration: LOCK, maxDeliveryCount: 2 }, clock.now());
  for (const path of ['s', 'q']) {
    const messages = ['a', 'b', 'c'].map((id) => testMessage({ id, sessionId: 's' }));
    namespace.commit(namespace.send(path, messages, clock.now()).unit, clock.now());
  }
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await broker.close();
});

async function connect(): Promise<RawClient> {
  const client = await RawClient.connect(broker.port);
  clients.push(client);
  return client;
}

/** A receiver that got two messages and has settled none. */
async function receiveTwo(client: RawClient, path: string): Promise<rhea.Receiver> {
  const source = { address: path, ...(path === 's' && { filter: SESSION }) };
  const receiver = await client.openReceiver(path, { source });
  receiver.add_credit(2);
  await once(receiver, 'message');
  if (main(path).find(2)?.lock === undefined) await once(receiver, 'message');
  return receiver;
}

const main = (path: string) => broker.namespace.registry.get(path).main;
const counts = (path: string) => [...main(path).from(0)].map(({ deliveryCount }) => deliveryCount);
const locks = (path: string) => [...main(path).from(0)].filter(({ lock }) => lock).length;
const dead = (path: string) => {
  const entity = broker.namespace.registry.get(path);
  return entity.kind === 'queue' ? idsIn(entity.deadLetters) : [];
};

/** The ways in which a receiver goes away without a word about its messages. */
const ENDS: Record<string, (client: RawClient, receiver: rhea.Receiver) => unknown> = {
  'closes its link': (_, receiver) => receiver.close(),
  'detaches its link': (_, receiver) => receiver.detach(),
  'ends its AMQP session': (_, receiver) => (receiver.session as unknown as { close(): void }).close(),
  'closes its connection': (client) => client.close(),
  'loses its connection': () => broker.dropConnections(),
};

describe.each(Object.entries(ENDS))('a receiver that %s', (_, end) => {
  it('gives its session back at once, no delivery counted, however often', async () => {
    for (let time = 0; time < 3; time++) {
      const client = await connect();
      const receiver = await receiveTwo(client, 's');
      expect(locks('s')).toBe(2);
      end(client, receiver);
      while (main('s').sessions?.get('s')?.lock) await new Promise(setImmediate);
      expect([idsIn(main('s')), counts('s'), locks('s')]).toEqual([['a', 'b', 'c'], [0, 0, 0], 0]);
    }
    broker.clock.advance(10 * LOCK);
    expect([counts('s'), dead('s')]).toEqual([[0, 0, 0], []]);
  });

  it('outside a session leaves its messages locked until their locks end, and that is counted', async () => {
    const client = await connect();
    const receiver = await receiveTwo(client, 'q');
    const { receivers } = main('q');
    end(client, receiver);
    const other = await connect();
    const next = await other.openReceiver('q');
    next.add_credit(10);
    const [{ message }] = (await once(next, 'message')) as [{ readonly message: rhea.Message }];
    expect(message.message_id).toBe('c');
    while (receivers.size !== 1) await new Promise(setImmediate);
    expect([counts('q'), locks('q')]).toEqual([[0, 0, 0], 3]);
    broker.clock.advance(LOCK / 2);
    expect([counts('q'), locks('q')]).toEqual([[0, 0, 0], 3]);
    broker.clock.advance(LOCK / 2);
    expect(counts('q')).toEqual([1, 1, 1]);
  });
});

it('what has not left when a receiver hangs up is available at once, no delivery counted', async () => {
  broker.namespace.createQueue('empty', { lockDuration: LOCK }, broker.clock.now());
  const client = await RawClient.connect(broker.port); // It cannot say goodbye any more.
  const receiver = await client.openReceiver('empty');
  receiver.add_credit(1);
  while (main('empty').receivers.size === 0) await new Promise(setImmediate);
  const { namespace, clock } = broker;
  (client.connection as unknown as { socket: Socket }).socket.destroy();
  namespace.commit(namespace.send('empty', [testMessage({ id: 'm' })], clock.now()).unit, clock.now());
  await Promise.resolve(); // The receiver takes it.
  await Promise.resolve();
  expect(locks('empty')).toBe(1);
  while (broker.connections > 0) await new Promise(setImmediate);
  expect([locks('empty'), counts('empty')]).toEqual([0, [0]]);
});

it('the end of a session lock counts, tells the receiver, and lets the next one in', async () => {
  const client = await connect();
  const receiver = await receiveTwo(client, 's');
  const lost = once(receiver, 'receiver_error');
  broker.clock.advance(LOCK);
  await lost;
  expect(receiver.error).toMatchObject({ condition: 'com.microsoft:session-lock-lost' });
  expect(counts('s')).toEqual([1, 1, 0]);
  const again = await receiveTwo(await connect(), 's');
  again.close();
  while (main('s').sessions?.get('s')?.lock) await new Promise(setImmediate);
  expect([counts('s'), dead('s')]).toEqual([[1, 1, 0], []]);
});

it('a session that is held is refused to others, and granted when its holder is gone', async () => {
  const holder = await connect();
  await receiveTwo(holder, 's');
  const other = await connect();
  const source = { address: 's', filter: SESSION };
  const refused = other.connection.open_receiver({ source, credit_window: 0 });
  await once(refused, 'receiver_error');
  expect(refused.error).toMatchObject({ condition: 'com.microsoft:session-cannot-be-locked' });
  await holder.close();
  while (main('s').sessions?.get('s')?.lock) await new Promise(setImmediate);
  expect((await other.openReceiver('s', { source })).is_open()).toBe(true);
});

it('a receiver that stopped waiting for a session gets none: the next one who waits does', async () => {
  broker.namespace.createQueue('w', { requiresSession: true }, broker.clock.now());
  const wait = (client: RawClient) =>
    client.connection.open_receiver({
      source: { address: 'w', filter: { 'com.microsoft:session-filter': null } as never },
      credit_window: 0,
    });
  const table = main('w').sessions;
  const waiting = async (count: number) => {
    while (table?.acceptors.size !== count) await new Promise(setImmediate);
  };
  const gone = await connect();
  wait(gone);
  await waiting(1);
  const stays = await connect();
  const receiver = wait(stays);
  await waiting(2);
  gone.connection.close();
  await waiting(1);
  const opened = once(receiver, 'receiver_open');
  const { namespace, clock } = broker;
  namespace.commit(namespace.send('w', [testMessage({ id: 'm', sessionId: 'x' })], clock.now()).unit, clock.now());
  await opened;
  expect(table?.get('x')?.lock).toBeDefined();
});
