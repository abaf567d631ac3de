import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Envelope } from './envelope.js';
import { attemptOf, type DeliveryState, firstDelivery, nextGeneration, nextRound } from './delivery-state.js';
import { fromNative, nativeMessageId, toNative } from './native-message.js';

const facts = { stableId: 'sequence:42@orders', enqueuedAt: new Date('2026-01-02T03:04:05.000Z') };
const envelope: Envelope = {
  id: 'm-1',
  type: 'order.place',
  version: 1,
  source: '/order-api',
  time: '2026-01-01T00:00:00.000Z',
  orderingKey: 'o-1',
  correlationId: 'c-1',
  contentType: 'application/json',
  headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  body: new TextEncoder().encode('{"a":1}'),
};

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const filled = fc.string({ minLength: 1, maxLength: 200 });
const count = fc.nat({ max: 1_000_000 });
const positive = fc.integer({ min: 1, max: 1_000_000 });
const anyEnvelope: fc.Arbitrary<Envelope> = fc.record(
  {
    id: filled,
    type: filled,
    version: count,
    source: filled,
    time: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    orderingKey: filled,
    correlationId: filled,
    contentType: filled,
    headers: fc.dictionary(name, filled, { noNullPrototype: true }),
    body: fc.uint8Array(),
  },
  { requiredKeys: ['id', 'type', 'version', 'source', 'time', 'contentType', 'headers', 'body'] },
);
const anyState: fc.Arbitrary<DeliveryState> = fc.record(
  {
    generation: count,
    round: count,
    attempts: count,
    releases: count,
    unsettled: count,
    firstFailure: filled,
    inCompany: positive,
  },
  { requiredKeys: ['generation', 'round', 'attempts', 'releases', 'unsettled'] },
);

describe('the session of a message', () => {
  it('is its ordering key, else its id, and never longer than a broker takes', () => {
    expect(toNative(envelope).sessionId).toBe('o-1');
    const { orderingKey: _, ...withoutKey } = envelope;
    expect(toNative(withoutKey).sessionId).toBe('m-1');
    const long = (end: string) => toNative({ ...envelope, orderingKey: 'k'.repeat(200) + end }).sessionId;
    expect(long('a')).toHaveLength(128);
    expect(long('a')).not.toBe(long('b'));
  });

  it('stays the same for every copy', () => {
    expect(toNative(envelope, nextRound(firstDelivery, 1)).sessionId).toBe('o-1');
  });
});

describe('an envelope on the wire', () => {
  it('has the attributes of the CloudEvents AMQP binding', () => {
    expect(toNative(envelope)).toEqual({
      messageId: 'm-1',
      subject: 'order.place',
      sessionId: 'o-1',
      contentType: 'application/json',
      correlationId: 'c-1',
      applicationProperties: {
        cloudEvents_specversion: '1.0',
        cloudEvents_id: 'm-1',
        cloudEvents_type: 'order.place',
        cloudEvents_source: '/order-api',
        cloudEvents_time: '2026-01-01T00:00:00.000Z',
        cloudEvents_partitionkey: 'o-1',
        cloudEvents_contractversion: 1,
        traceparent: envelope.headers['traceparent'],
      },
      body: envelope.body,
    });
  });

  it('comes back as it was, with its state', () => {
    fc.assert(
      fc.property(anyEnvelope, anyState, (sent, state) => {
        expect(fromNative(toNative(sent, state), facts)).toEqual({ envelope: sent, state });
      }),
    );
  });

  it('does not let a header replace an attribute or a state', () => {
    const native = toNative({
      ...envelope,
      headers: { cloudEvents_id: 'forged', messaging_round: '7', messaging_first_failure: 'none' },
    });
    expect(fromNative(native, facts)).toEqual({ envelope: { ...envelope, headers: {} }, state: firstDelivery });
  });

  it('is read with the prefix `cloudEvents:` as well', () => {
    const properties = { 'cloudEvents:id': 'm-2', 'cloudEvents:type': 'a.b', 'cloudEvents:contractversion': '3' };
    const { envelope: read } = fromNative({ applicationProperties: properties, body: envelope.body }, facts);
    expect(read).toMatchObject({ id: 'm-2', type: 'a.b', version: 3, headers: {} });
  });
});

describe('a message of a sender that says little', () => {
  const body = new Uint8Array([1]);

  it.each([
    ['our header first', { cloudEvents_type: 'ours', type: 'property' }, 'subject', 'ours'],
    ['then the subject', { type: 'property' }, 'subject', 'subject'],
    ['then the property `type`', { type: 'property' }, undefined, 'property'],
    ['and is empty when there is none', {}, undefined, ''],
  ])('takes its type from %s', (_, applicationProperties, subject, type) => {
    expect(fromNative({ applicationProperties, subject, body }, facts).envelope.type).toBe(type);
  });

  it.each([
    [undefined, 0],
    [2, 2],
    ['2', 2],
    ['two', -1],
    [1.5, -1],
    [-3, -1],
  ])('with version %p is of version %p', (written, version) => {
    const applicationProperties = { cloudEvents_contractversion: written };
    expect(fromNative({ applicationProperties, body }, facts).envelope.version).toBe(version);
  });

  it('takes id and time from the broker when it has none', () => {
    expect(fromNative({ body }, facts)).toEqual({
      envelope: {
        id: 'sequence:42@orders',
        type: '',
        version: 0,
        source: '/unknown',
        time: '2026-01-02T03:04:05.000Z',
        contentType: 'application/octet-stream',
        headers: {},
        body,
      },
      state: firstDelivery,
    });
    expect(fromNative({ messageId: 17, body }, facts).envelope.id).toBe('17');
  });

  it('is never a reason to throw', () => {
    fc.assert(
      fc.property(
        fc.record({
          messageId: fc.anything(),
          subject: fc.anything(),
          contentType: fc.anything(),
          correlationId: fc.anything(),
          applicationProperties: fc.dictionary(
            fc.constantFrom(
              'cloudEvents_id',
              'cloudEvents:time',
              'messaging_round',
              'messaging_first_failure',
              'type',
              'x',
            ),
            fc.anything(),
          ),
        }),
        (native) => {
          const { envelope: read, state } = fromNative({ ...native, body }, facts);
          expect(read.id).not.toBe('');
          const { firstFailure = 'none', ...counts } = state;
          expect(Object.values(counts).every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
          expect(firstFailure.length).toBeLessThanOrEqual(500);
        },
      ),
    );
  });
});

describe('the native id', () => {
  it.each([
    [{ id: 'm', generation: 0, round: 0 }, 'm'],
    [{ id: 'm', generation: 0, round: 2 }, 'm/0/2'],
    [{ id: 'm', generation: 3, round: 0 }, 'm/3/0'],
  ])('of %p is %p', (copy, id) => {
    expect(nativeMessageId(copy)).toBe(id);
  });

  it('is kept as it is up to 128 characters, and hashed behind its beginning beyond them', () => {
    const longest = 'x'.repeat(128);
    expect(nativeMessageId({ id: longest, generation: 0, round: 0 })).toBe(longest);
    expect(nativeMessageId({ id: 'x'.repeat(124), generation: 0, round: 1 })).toBe(`${'x'.repeat(124)}/0/1`);
    const hashed = nativeMessageId({ id: `${longest}y`, generation: 0, round: 0 });
    expect(hashed).toMatch(/^x{84}~[\w-]{43}$/);
    expect(nativeMessageId({ id: `${longest}z`, generation: 0, round: 0 })).not.toBe(hashed);
  });

  it('that is hashed differs by round and generation as well, and twins not', () => {
    const id = 'x'.repeat(128);
    const copies = [
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
    ].map(([generation = 0, round = 0]) => nativeMessageId({ id, generation, round }));
    expect(new Set(copies).size).toBe(4);
    expect(nativeMessageId({ id, generation: 0, round: 1 })).toBe(copies[0]);
  });

  it('of a copy follows from its generation and round, not from its attempts or releases', () => {
    const state: DeliveryState = { generation: 2, round: 3, attempts: 7, releases: 1, unsettled: 0 };
    expect(toNative(envelope, state).messageId).toBe('m-1/2/3');
    expect(toNative(envelope, { ...state, attempts: 8, releases: 0 }).messageId).toBe('m-1/2/3');
    expect(toNative(envelope, nextRound(state, 8, 'away')).messageId).toBe('m-1/2/4');
    expect(toNative(envelope, nextGeneration(state)).messageId).toBe('m-1/3/0');
  });

  it('fits 128 characters, is the same for twins and differs between rounds and generations', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 300 }), count, count, (id, generation, round) => {
        const native = nativeMessageId({ id, generation, round });
        expect(native.length).toBeLessThanOrEqual(128);
        expect(nativeMessageId({ id, generation, round })).toBe(native);
        expect(nativeMessageId({ id, generation, round: round + 1 })).not.toBe(native);
        expect(nativeMessageId({ id, generation: generation + 1, round })).not.toBe(native);
      }),
    );
  });
});

describe('the attempt', () => {
  it('is one more after a delayed redelivery, whatever came before', () => {
    fc.assert(
      fc.property(anyState, count, (state, deliveryCount) => {
        const attempt = attemptOf(state, deliveryCount);
        expect(attempt).toBeGreaterThanOrEqual(1);
        expect(attemptOf(nextRound(state, attempt, 'away'), 0)).toBe(attempt + 1);
      }),
    );
  });
});

describe('the first failure', () => {
  it('stays the first, whatever fails later', () => {
    const twice = nextRound(nextRound(firstDelivery, 1, 'first'), 2, 'second');
    expect(twice.firstFailure).toBe('first');
    expect(nextRound(nextGeneration(twice), 1, 'after the replay').firstFailure).toBe('after the replay');
  });

  it('is cut to 500 characters on both sides, never inside one', () => {
    const long = `${'x'.repeat(499)}\u{1f600}`;
    expect(nextRound(firstDelivery, 1, long).firstFailure).toBe('x'.repeat(499));
    const properties = { messaging_first_failure: 'y'.repeat(9_000) };
    const { state } = fromNative({ applicationProperties: properties, body: envelope.body }, facts);
    expect(state.firstFailure).toBe('y'.repeat(500));
    expect(nextRound(firstDelivery, 1, 'a\ud800b').firstFailure).toBe('a\ufffdb');
  });

  it('is no property while there is none', () => {
    expect(nextRound(firstDelivery, 1, '')).toEqual({
      generation: 0,
      round: 1,
      attempts: 1,
      releases: 0,
      unsettled: 0,
    });
    expect(toNative(envelope).applicationProperties).not.toHaveProperty('messaging_first_failure');
  });
});
