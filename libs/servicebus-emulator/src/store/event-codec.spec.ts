import { describe, expect, it } from '@jest/globals';
import fc from '../testing/fast-check.js';
import type { BrokerEvent } from '../entities/events.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { decodeEvent } from './decode-event.js';
import { encodeEvent } from './encode-event.js';
import { anyEvent, enqueued, message } from './testing/sample-events.js';

function encode(...events: BrokerEvent[]): Buffer {
  const writer = new ByteWriter();
  for (const event of events) {
    encodeEvent(event, writer);
  }
  return writer.finish();
}

function decode(bytes: Buffer): BrokerEvent[] {
  const reader = new ByteReader(bytes);
  const events: BrokerEvent[] = [];
  while (!reader.atEnd) {
    events.push(decodeEvent(reader));
  }
  return events;
}

describe('the stored form of events', () => {
  it('gives back every event', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 4 }), (events) => {
        expect(decode(encode(...events))).toEqual(events);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no letters', ''],
    ['a short name', 'orders'],
    ['64 letters', 'x'.repeat(64)],
    ['65 letters', 'x'.repeat(65)],
    ['70,000 letters', 'x'.repeat(70_000)],
    ['umlauts', 'größer'],
    ['64 umlauts', 'ü'.repeat(64)],
    ['another script', '注文'],
  ])('gives back a text of %s', (_, path) => {
    const event: BrokerEvent = { type: 'removed', path, sequenceNumber: 7 };
    expect(decode(encode(event, event))).toEqual([event, event]);
  });

  it('holds message bytes raw and once per group', () => {
    const content = { ...message(1).content, bare: Buffer.alloc(10_000, 'x') };
    const event = (path: string): BrokerEvent & { type: 'enqueued' } => ({
      type: 'enqueued',
      path,
      message: { ...message(1), content },
    });
    expect(encode(event('a')).length).toBeLessThan(10_070);
    const group: BrokerEvent = { type: 'group', events: [event('a'), event('b'), event('c')] };
    expect(encode(group).length).toBeLessThan(10_200);

    const [read] = decode(encode(group));
    const contents =
      read?.type === 'group' ? read.events.map((one) => one.type === 'enqueued' && one.message.content) : [];
    expect(contents).toHaveLength(3);
    expect(new Set(contents).size).toBe(1);
  });

  it('hands out buffers that do not pin the file they came from', () => {
    for (const size of [5, 3000, 5000, 100_000]) {
      const [read] = decode(
        Buffer.concat([encode(enqueued(1, 'x'.repeat(size))), Buffer.alloc(1_000_000)]).subarray(0, -1e6),
      );
      const bare = read?.type === 'enqueued' ? read.message.content.bare : undefined;
      expect(bare?.length).toBe(size);
      expect(bare?.buffer.byteLength).toBeLessThanOrEqual(Math.max(size, Buffer.poolSize));
    }
  });

  it('never reads an event out of an event that was cut short', () => {
    const bytes = encode(enqueued(1));
    for (let length = 1; length < bytes.length; length += 1) {
      expect(() => decodeEvent(new ByteReader(bytes.subarray(0, length)))).toThrow(/out of range|beyond/);
    }
  });

  it('refuses what a later version wrote', () => {
    expect(() => decode(Buffer.from([200]))).toThrow('unknown event 200');
  });

  it('refuses numbers that it cannot hold', () => {
    expect(() => encode({ type: 'removed', path: 'orders', sequenceNumber: -1 })).toThrow(RangeError);
    expect(() => encode({ type: 'removed', path: 'orders', sequenceNumber: 2 ** 53 })).toThrow(RangeError);
  });
});
