import { describe, expect, it } from '@jest/globals';
import { readMessage } from '../../codec/read-message.js';
import { APPLICATION_PROPERTIES, VALUE } from '../../codec/sections.js';
import { ValueWriter } from '../../codec/value-writer.js';
import type { StoredMessage } from '../../message.js';
import { describeMessage } from './describe-message.js';

function stored(encoded: Buffer, changes: Partial<StoredMessage> = {}): StoredMessage {
  const { content } = readMessage(encoded, () => 'id');
  const times = { enqueuedAt: 0, expiresAt: undefined, scheduledFor: undefined };
  const numbers = { sequenceNumber: 1, enqueuedSequenceNumber: 1, deliveryCount: 0, hops: 0 };
  const others = { sessionId: undefined, deadLetterSource: undefined };
  return { ...times, ...numbers, ...others, state: 'active', content, ...changes };
}

describe('a described message', () => {
  it('can be written as JSON, whatever types its sender used', () => {
    const writer = new ValueWriter();
    writer.descriptor(APPLICATION_PROPERTIES).map(1, (map) => map.string('never').timestamp(Number.MAX_SAFE_INTEGER));
    writer.descriptor(VALUE).map(2, (map) => {
      map.string('bytes').binary(Buffer.from([1, 2]));
      map.string('list').list(2, (list) => list.int(-3).null());
    });
    const page = JSON.parse(JSON.stringify(describeMessage(stored(writer.finish())))) as unknown;
    expect(page).toMatchObject({
      applicationProperties: { never: 'beyond the calendar' },
      body: { bytes: 'AQI=', list: [-3, null] },
      enqueuedAt: '1970-01-01T00:00:00.000Z',
    });
  });

  it('has a last moment for what never ends', () => {
    const encoded = new ValueWriter().descriptor(VALUE).string('text').finish();
    const page = describeMessage(stored(encoded, { expiresAt: Infinity }), Infinity);
    expect(page).toMatchObject({ body: 'text', expiresAt: '+275760-09-13T00:00:00.000Z' });
    expect(page.lockedUntil).toBe(page.expiresAt);
  });
});
