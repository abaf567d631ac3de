import { describe, expect, it } from '@jest/globals';
import rhea from 'rhea';
import type { StoredMessage } from '../message.js';
import { LockTokens } from './lock-token.js';
import { readMessage } from './read-message.js';
import { sectionsOf } from './sections.js';
import { writeDelivered, writePeeked, writeReceived } from './write-message.js';

const SENT_HEADER = 0x70;

/** A stored message that a client sent. */
function stored(sent: Partial<rhea.Message>, more: Partial<StoredMessage> = {}): StoredMessage {
  const { content } = readMessage(rhea.message.encode({ message_id: 'm', body: 'b', ...sent }), () => 'unused');
  return {
    sequenceNumber: 7,
    enqueuedSequenceNumber: 7,
    enqueuedAt: 1_700_000_000_000,
    expiresAt: undefined,
    deliveryCount: 0,
    state: 'active',
    scheduledFor: undefined,
    sessionId: undefined,
    deadLetterSource: undefined,
    hops: 0,
    ...more,
    content,
  };
}

const TOKEN = new LockTokens(0x01020304).encode({ sequenceNumber: 7, lockId: 9 });

describe("the header's flags", () => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, undefined],
    [undefined, false],
  ])('durable %p and first-acquirer %p arrive as they were sent', (durable, first_acquirer) => {
    const flags = {
      ...(durable !== undefined && { durable }),
      ...(first_acquirer !== undefined && { first_acquirer }),
    };
    const bytes = writePeeked(stored(flags, { deliveryCount: 3 }));
    // rhea writes false as an absent value when it encodes, and reads what is there.
    const { durable: kept, first_acquirer: first, delivery_count } = rhea.message.decode(bytes);
    expect([kept ?? undefined, first ?? undefined, delivery_count]).toEqual([durable, first_acquirer, 3]);
    expect(sectionsOf(bytes)[0]?.code).toBe(SENT_HEADER);
  });
});

describe('a lock', () => {
  it('has its token among the delivery annotations, for clients that do not read the tag', () => {
    const message = rhea.message.decode(writeReceived(stored({}), { until: 1_700_000_060_000, token: TOKEN }));
    expect((message['delivery_annotations'] as Record<string, Buffer>)['x-opt-lock-token']).toEqual(TOKEN);
    expect(LockTokens.tag(TOKEN).toString('hex')).toBe('04030201000000000009000000000007');
  });

  it('is not there for what is only looked at, or received for good', () => {
    for (const bytes of [writePeeked(stored({})), writeReceived(stored({}), undefined)]) {
      expect(rhea.message.decode(bytes)['delivery_annotations']).toBeUndefined();
    }
  });
});

describe('the state', () => {
  const scheduledFor = 1_700_000_000_000;
  const stateIn = (bytes: Buffer) =>
    rhea.message.decode(bytes)['message_annotations']?.['x-opt-message-state'] as unknown;

  it('of what came by its schedule is scheduled to its receiver, and active to who looks at it', () => {
    const message = stored({}, { scheduledFor });
    expect([stateIn(writeReceived(message, undefined)), stateIn(writePeeked(message))]).toEqual([2, 0]);
  });

  it('of what was deferred is deferred, also when it came by its schedule', () => {
    expect(stateIn(writeReceived(stored({}, { scheduledFor, state: 'deferred' }), undefined))).toBe(1);
  });
});

describe('a delivered message', () => {
  it('is the same in shared memory, whatever its size, and what is kept is not overwritten', () => {
    const lock = { until: 1_700_000_060_000, token: TOKEN };
    const messages = [10, 70_000, 300, 64_000].map((size) => stored({ body: 'x'.repeat(size) }));
    const kept = messages.map((message) => writeReceived(message, lock));
    for (const [i, message] of messages.entries()) {
      expect(writeDelivered(message, lock).equals(kept[i] ?? TOKEN)).toBe(true);
    }
    expect(kept.map((bytes, i) => bytes.equals(writeReceived(messages[i] ?? stored({}), lock)))).not.toContain(false);
  });
});
