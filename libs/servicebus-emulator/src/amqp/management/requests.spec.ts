import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import rhea from 'rhea';
import { type Broker, startBroker } from '../../broker.js';
import { RawClient } from '../testing/raw-client.js';

let broker: Broker;
let client: ServiceBusClient;
let raw: RawClient;

beforeEach(async () => {
  broker = await startBroker();
  broker.namespace.createQueue('q', {}, broker.clock.now());
  broker.namespace.createQueue('s', { requiresSession: true }, broker.clock.now());
  client = new ServiceBusClient(broker.connectionString);
  raw = await RawClient.connect(broker.port);
});

afterEach(async () => {
  await raw.close();
  await client.close();
  await broker.close();
});

async function bodiesOf(queue: string): Promise<unknown[]> {
  return (await client.createReceiver(queue).peekMessages(100)).map(({ body }) => body as unknown);
}

describe('com.microsoft:batch-delete-messages', () => {
  const remove = (entity: string, body: Record<string, unknown>) =>
    raw.request(entity, 'com.microsoft:batch-delete-messages', body);

  it('deletes the oldest messages, and says how many', async () => {
    await client.createSender('q').sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }]);
    expect(await remove('q', { 'message-count': 2 })).toMatchObject({ status: 200, body: { 'message-count': 2 } });
    expect(await bodiesOf('q')).toEqual([3]);
    expect(await remove('q', { 'message-count': 500 })).toMatchObject({ body: { 'message-count': 1 } });
    expect(await remove('q', { 'message-count': 500 })).toMatchObject({
      status: 200,
      body: { 'message-count': 0 },
    });
  });

  it('passes over messages that are locked, deferred, scheduled or newer than asked for', async () => {
    const sender = client.createSender('q');
    const receiver = client.createReceiver('q');
    await sender.sendMessages([{ body: 'deferred' }, { body: 'locked' }, { body: 'old' }]);
    await sender.scheduleMessages({ body: 'scheduled' }, new Date(broker.clock.now() + 3_600_000));
    const [first] = await receiver.receiveMessages(2);
    if (first) await receiver.deferMessage(first);
    broker.clock.advance(1_000);
    const before = new Date(broker.clock.now() - 500);
    await sender.sendMessages({ body: 'new' });
    const request = { 'message-count': 10, 'enqueued-time-utc': before };
    expect(await remove('q', request)).toMatchObject({ body: { 'message-count': 1 } });
    expect(await bodiesOf('q')).toEqual(['deferred', 'locked', 'scheduled', 'new']);
  });

  it('deletes dead letters, and those of one session', async () => {
    await client.createSender('q').sendMessages({ body: 'dead' });
    const receiver = client.createReceiver('q');
    const [message] = await receiver.receiveMessages(1);
    if (message) await receiver.deadLetterMessage(message);
    expect(await remove('q/$DeadLetterQueue', { 'message-count': 10 })).toMatchObject({ body: { 'message-count': 1 } });
    await client.createSender('s').sendMessages(['a', 'b', 'a'].map((sessionId) => ({ body: sessionId, sessionId })));
    const ofSession = { 'message-count': 10, 'session-id': 'a' };
    expect(await remove('s', ofSession)).toMatchObject({ body: { 'message-count': 2 } });
    expect(await bodiesOf('s')).toEqual(['b']);
  });
});

describe('com.microsoft:get-message-sessions', () => {
  const list = (body: Record<string, unknown>) => raw.request('s', 'com.microsoft:get-message-sessions', body);
  /** What .NET's largest time means: sessions with messages. */
  const NO_TIME = new Date(Date.UTC(9999, 11, 31, 23, 59, 59));

  it('lists the sessions that have messages, a page at a time', async () => {
    const sender = client.createSender('s');
    await sender.sendMessages(['a', 'b', 'c', 'a'].map((sessionId) => ({ body: 1, sessionId })));
    const first = await list({ 'last-updated-time': NO_TIME, skip: 0, top: 2 });
    expect(first).toMatchObject({ status: 200, body: { skip: 2, 'sessions-ids': ['a', 'b'] } });
    const second = await list({ 'last-updated-time': NO_TIME, skip: 2, top: 2 });
    expect(second).toMatchObject({ status: 200, body: { skip: 3, 'sessions-ids': ['c'] } });
    expect(await list({ 'last-updated-time': NO_TIME, skip: 3, top: 2 })).toMatchObject({ status: 204 });
  });

  it('lists the sessions whose state was set since a time', async () => {
    for (const id of ['early', 'late']) {
      const session = await client.acceptSession('s', id);
      await session.setSessionState(Buffer.from('state'));
      await session.close();
      if (id === 'early') broker.clock.advance(30_000);
    }
    const since = new Date(broker.clock.now() - 15_000);
    expect(await list({ 'last-updated-time': since, skip: 0, top: 10 })).toMatchObject({
      body: { 'sessions-ids': ['late'] },
    });
  });

  it('is refused where there are no sessions', async () => {
    const reply = await raw.request('q', 'com.microsoft:get-message-sessions', { skip: 0, top: 10 });
    expect(reply).toMatchObject({ status: 400, condition: 'amqp:not-allowed' });
  });
});

it('refuses what it does not know, or cannot read, with a status and a condition', async () => {
  expect(await raw.request('q', 'com.microsoft:nonsense', {})).toMatchObject({
    status: 501,
    condition: 'amqp:not-implemented',
  });
  expect(await raw.request('q', 'com.microsoft:peek-message', {})).toMatchObject({
    status: 400,
    condition: 'com.microsoft:argument-error',
  });
  const tokens = { 'lock-tokens': rhea.types.wrap_array([rhea.generate_uuid()], 0xa1, undefined) };
  expect(await raw.request('q', 'com.microsoft:renew-lock', tokens)).toMatchObject({
    status: 410,
    condition: 'com.microsoft:message-lock-lost',
  });
});

describe('what one request names twice', () => {
  const counts = () => broker.namespace.registry.target('q')?.main.counts;

  it('is cancelled once', async () => {
    const sender = client.createSender('q');
    const later = new Date(broker.clock.now() + 3_600_000);
    const [number] = await sender.scheduleMessages([{ body: 'x' }, { body: 'y' }], later);
    if (number) await sender.cancelScheduledMessages([number, number]);
    expect(counts()).toMatchObject({ scheduled: 1 });
    expect(await bodiesOf('q')).toEqual(['y']);
  });

  it.each(['receiveAndDelete', 'peekLock'] as const)('is handed out once (%s)', async (receiveMode) => {
    await client.createSender('q').sendMessages([{ body: 'x' }, { body: 'y' }]);
    const receiver = client.createReceiver('q');
    const [message] = await receiver.receiveMessages(1);
    if (!message?.sequenceNumber) throw new Error('Nothing came.');
    await receiver.deferMessage(message);
    const again = client.createReceiver('q', { receiveMode });
    const twice = [message.sequenceNumber, message.sequenceNumber];
    expect(await again.receiveDeferredMessages(twice)).toHaveLength(1);
    expect(counts()).toMatchObject({ active: 1, deferred: receiveMode === 'peekLock' ? 1 : 0 });
  });

  it.each([
    ['completed', 0],
    ['suspended', 1],
  ])('is %s once', async (status, dead) => {
    await client.createSender('q').sendMessages({ body: 'x' });
    const [message] = await client.createReceiver('q').receiveMessages(1);
    const body = { 'disposition-status': status, 'lock-tokens': [message?.lockToken, message?.lockToken] };
    expect(await raw.request('q', 'com.microsoft:update-disposition', body)).toMatchObject({ status: 200 });
    const entity = broker.namespace.registry.target('q');
    expect(entity?.main.counts).toEqual({ active: 0, deferred: 0, scheduled: 0, bytes: 0 });
    expect(entity?.kind === 'queue' && entity.deadLetters.counts.active).toBe(dead);
  });
});

describe('an entity that hands out nothing', () => {
  it('hands out no deferred messages either, and lets none be deleted', async () => {
    await client.createSender('q').sendMessages({ body: 'x' });
    const receiver = client.createReceiver('q');
    const [message] = await receiver.receiveMessages(1);
    if (!message?.sequenceNumber) throw new Error('Nothing came.');
    await receiver.deferMessage(message);
    broker.namespace.update('q', { status: 'ReceiveDisabled' }, broker.clock.now());
    const disabled = { condition: 'com.microsoft:entity-disabled' };
    const numbers = { 'sequence-numbers': [1], 'receiver-settle-mode': 1 };
    expect(await raw.request('q', 'com.microsoft:receive-by-sequence-number', numbers)).toMatchObject(disabled);
    expect(await raw.request('q', 'com.microsoft:batch-delete-messages', { 'message-count': 1 })).toMatchObject(
      disabled,
    );
  });
});

it('a session has a state of at most the size of a message', async () => {
  const holder = await client.acceptSession('s', 'large');
  await holder.setSessionState(Buffer.alloc(190 * 1024));
  await expect(holder.setSessionState('x'.repeat(256 * 1024))).rejects.toMatchObject({ code: 'MessageSizeExceeded' });
  await holder.close();
});

it("a session's state and lock are its holder's: another client is told that it does not hold it", async () => {
  await client.createSender('s').sendMessages({ sessionId: 'mine', body: 'x' });
  const holder = await client.acceptSession('s', 'mine');
  await holder.setSessionState('kept');
  const lost = { condition: 'com.microsoft:session-lock-lost' };
  const session = { 'session-id': 'mine' };
  const stolen = { ...session, 'session-state': Buffer.from('"stolen"') };
  expect(await raw.request('s', 'com.microsoft:set-session-state', stolen)).toMatchObject(lost);
  expect(await raw.request('s', 'com.microsoft:get-session-state', session)).toMatchObject(lost);
  expect(await raw.request('s', 'com.microsoft:renew-session-lock', session)).toMatchObject(lost);
  const deferred = { ...session, 'sequence-numbers': [1], 'receiver-settle-mode': 1 };
  expect(await raw.request('s', 'com.microsoft:receive-by-sequence-number', deferred)).toMatchObject(lost);
  expect(await holder.getSessionState()).toBe('kept');
});
