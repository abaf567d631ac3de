import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type rhea from 'rhea';
import { type Broker, startBroker } from '../../broker.js';
import { encodeProperty, withApplicationProperties } from '../../codec/application-properties.js';
import { readMessage } from '../../codec/read-message.js';
import { encodeTestMessage, testMessage, type TestMessage } from '../../testing/message.js';
import type { MessageQueue } from '../../entities/message-queue.js';
import { idsIn } from '../../testing/pure-namespace.js';
import { LockTokens } from '../../codec/lock-token.js';
import { RawClient } from '../testing/raw-client.js';

const NOT_FOUND = { status: 404, condition: 'com.microsoft:message-not-found' };
const LOCK_LOST = { status: 410, condition: 'com.microsoft:message-lock-lost' };

let broker: Broker;
let raw: RawClient;

beforeEach(async () => {
  broker = await startBroker();
  broker.namespace.createQueue('q', {}, broker.clock.now());
  broker.namespace.createQueue('s', { requiresSession: true }, broker.clock.now());
  raw = await RawClient.connect(broker.port);
});
afterEach(async () => {
  await raw.close();
  await broker.close();
});

const main = (path: string): MessageQueue => broker.namespace.registry.get(path).main;

function send(path: string, ...messages: TestMessage[]): void {
  const { namespace, clock } = broker;
  namespace.commit(namespace.send(path, messages.map(testMessage), clock.now()).unit, clock.now());
}

const ask = (entity: string, operation: string, body: Record<string, unknown>) =>
  raw.request(entity, `com.microsoft:${operation}`, body);

const tokenOf = (queue: MessageQueue, sequenceNumber: number) => ({
  sequenceNumber,
  lockId: queue.find(sequenceNumber)?.lock?.id ?? 0,
});

/** A lock token as a request carries it. */
function uuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

describe('a deferred message', () => {
  const receive = (entity: string, body: Record<string, unknown>) =>
    ask(entity, 'receive-by-sequence-number', { 'receiver-settle-mode': 1, ...body });

  function defer(path: string, sequenceNumber: number): void {
    const message = main(path).find(sequenceNumber);
    if (!message) throw new Error('There is no such message.');
    const now = broker.clock.now();
    main(path).lock(message, now);
    main(path).defer(message, undefined, now);
  }

  it('is handed out once: it is not found again while somebody has it', async () => {
    send('q', { id: 'm' });
    defer('q', 1);
    expect(await receive('q', { 'sequence-numbers': [1] })).toMatchObject({ status: 200 });
    for (const mode of [0, 1]) {
      const again = await receive('q', { 'sequence-numbers': [1], 'receiver-settle-mode': mode });
      expect(again).toMatchObject(NOT_FOUND);
    }
    expect(main('q').find(1)?.lock).toBeDefined();
  });

  it('is what is found: an active message is not, and of a list all or none', async () => {
    send('q', { id: 'deferred' }, { id: 'active' });
    defer('q', 1);
    expect(await receive('q', { 'sequence-numbers': [1, 2] })).toMatchObject(NOT_FOUND);
    expect(await receive('q', { 'sequence-numbers': [1, 99] })).toMatchObject(NOT_FOUND);
    expect([main('q').find(1)?.lock, main('q').find(2)?.lock]).toEqual([undefined, undefined]);
  });

  it('of another session is not there for who holds this one', async () => {
    send('s', { id: 'mine', sessionId: 'a' }, { id: 'other', sessionId: 'b' });
    for (const number of [1, 2]) defer('s', number);
    const filter = { 'com.microsoft:session-filter': 'a' };
    await raw.openReceiver('s', { source: { address: 's', filter } });
    expect(await receive('s', { 'sequence-numbers': [2], 'session-id': 'a' })).toMatchObject(NOT_FOUND);
    expect(await receive('s', { 'sequence-numbers': [1], 'session-id': 'a' })).toMatchObject({ status: 200 });
    expect(main('s').find(2)?.lock).toBeUndefined();
  });
});

describe('cancelling', () => {
  it('touches scheduled messages only, all or none', async () => {
    send('q', { id: 'active' }, { id: 'scheduled', scheduledFor: broker.clock.now() + 3_600_000 });
    const cancel = (...numbers: number[]) => ask('q', 'cancel-scheduled-message', { 'sequence-numbers': numbers });
    expect(await cancel(1)).toMatchObject(NOT_FOUND);
    expect(await cancel(2, 1)).toMatchObject(NOT_FOUND);
    expect(idsIn(main('q'))).toEqual(['active', 'scheduled']);
    expect(await cancel(2)).toMatchObject({ status: 200 });
    expect(idsIn(main('q'))).toEqual(['active']);
  });
});

describe('peeking', () => {
  const peek = async (count: number) => {
    const { status, body } = await ask('q', 'peek-message', { 'from-sequence-number': 0, 'message-count': count });
    return [status, (body['messages'] as readonly unknown[] | undefined)?.length ?? 0];
  };

  it('shows as many as it is asked for, and at most 250', async () => {
    expect(await peek(10)).toEqual([204, 0]);
    send('q', ...Array.from({ length: 260 }, (_, n) => ({ id: `m${n}` })));
    expect(await peek(0)).toEqual([204, 0]);
    for (const count of [1, 249, 250]) expect(await peek(count)).toEqual([200, count]);
    for (const count of [251, 1_000]) expect(await peek(count)).toEqual([200, 250]);
    expect([...main('q').from(0)].filter(({ lock }) => lock)).toEqual([]);
  });

  it('shows a message larger than an answer may be by itself, rather than nothing', async () => {
    broker.namespace.update('q', { maxMessageSizeInKilobytes: 4096 }, broker.clock.now());
    send('q', { id: 'large', body: Buffer.alloc(1_200_000) }, { id: 'next' });
    expect(await peek(2)).toEqual([200, 1]);
  });
});

describe('settling by lock token', () => {
  const settle = (status: string, tokens: readonly string[], more: Record<string, unknown> = {}) =>
    ask('q', 'update-disposition', { 'disposition-status': status, 'lock-tokens': tokens, ...more });

  /** The tokens of all messages, locked. */
  async function lockAll(count: number): Promise<readonly string[]> {
    const receiver = await raw.openReceiver('q');
    const tokens: string[] = [];
    const got = new Promise<void>((resolve) =>
      receiver.on('message', ({ delivery }: { readonly delivery: rhea.Delivery }) => {
        const tag = Buffer.from(delivery.tag as Uint8Array);
        // From the bytes of a .NET Guid to those of RFC 4122.
        tag.subarray(0, 4).reverse();
        tag.subarray(4, 6).reverse();
        tag.subarray(6, 8).reverse();
        if (tokens.push(uuid(tag)) === count) resolve();
      }),
    );
    receiver.add_credit(count);
    await got;
    return tokens;
  }

  it('is all or none, when one lock is lost', async () => {
    send('q', { id: 'a' }, { id: 'b' });
    const tokens = await lockAll(2);
    main('q').remove(main('q').find(2) as never);
    expect(await settle('completed', tokens)).toMatchObject(LOCK_LOST);
    expect(idsIn(main('q'))).toEqual(['a']);
    expect(await settle('completed', tokens.slice(0, 1))).toMatchObject({ status: 200 });
    expect(idsIn(main('q'))).toEqual([]);
  });

  it('is all or none, when what it adds is too large for one of them', async () => {
    const { namespace, clock } = broker;
    send('q', { id: 'small' });
    const own = new Map(['a', 'b'].map((name) => [name, encodeProperty('x'.repeat(28_000))]));
    const large = readMessage(withApplicationProperties(encodeTestMessage({ id: 'large' }), own), () => '');
    namespace.commit(namespace.send('q', [large], clock.now()).unit, clock.now());
    const tokens = await lockAll(2);
    const changes = { 'properties-to-modify': { why: 'y'.repeat(20_000) } };
    for (const status of ['abandoned', 'defered', 'suspended']) {
      expect(await settle(status, tokens, changes)).toMatchObject({ status: 400 });
    }
    expect([...main('q').from(0)].map(({ state, deliveryCount, lock }) => [state, deliveryCount, !!lock])).toEqual([
      ['active', 0, true],
      ['active', 0, true],
    ]);
  });

  it('knows the tokens of this broker only', async () => {
    send('q', { id: 'm' });
    const [token = ''] = await lockAll(1);
    const earlier = uuid(new LockTokens(Number.parseInt(token.slice(0, 8), 16) + 1).encode(tokenOf(main('q'), 1)));
    expect(earlier.slice(8)).toBe(token.slice(8));
    expect(await settle('completed', [earlier])).toMatchObject(LOCK_LOST);
    expect(await settle('completed', [token])).toMatchObject({ status: 200 });
  });
});

describe('deleting a batch', () => {
  it('takes what was enqueued at the very moment it names, and nothing later', async () => {
    send('q', { id: 'm' });
    const { enqueuedAt } = main('q').find(1) ?? { enqueuedAt: 0 };
    const remove = (at: number) =>
      ask('q', 'batch-delete-messages', { 'message-count': 10, 'enqueued-time-utc': new Date(at) });
    expect(await remove(enqueuedAt - 1)).toMatchObject({ body: { 'message-count': 0 } });
    expect(await remove(enqueuedAt)).toMatchObject({ status: 200, body: { 'message-count': 1 } });
  });
});

it('a sender never runs out of credit as long as it is answered', async () => {
  const sender = await raw.openSender('q');
  let accepted = 0;
  sender.on('accepted', () => accepted++);
  for (let sent = 0; sent < 2_500; sent += 500) {
    if (!sender.sendable()) await once(sender, 'sendable');
    for (let n = 0; n < 500; n++) sender.send({ body: 'x' });
    while (accepted < sent + 500) await new Promise(setImmediate);
  }
  expect(main('q').counts.active).toBe(2_500);
});
