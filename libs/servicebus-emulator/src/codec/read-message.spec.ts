import { expect, it } from '@jest/globals';
import fc from '../testing/fast-check.js';
import rhea from 'rhea';
import { readMessage } from './read-message.js';

const text = fc.string({ maxLength: 300 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const sent = fc.record({
  message_id: maybe(fc.oneof(text, fc.uuid())),
  group_id: maybe(text),
  subject: maybe(text),
  content_type: maybe(fc.stringMatching(/^[a-z/]{1,20}$/)),
  correlation_id: maybe(text),
  durable: maybe(fc.boolean()),
  priority: maybe(fc.integer({ min: 0, max: 9 })),
  ttl: maybe(fc.integer({ min: 1, max: 0xffff_ffff })),
  application_properties: maybe(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { maxKeys: 3 })),
  body: text,
});

const decode = (bytes: Buffer) => rhea.message.decode(bytes) as unknown as Record<string, unknown>;

it('keeps what a sender encoded byte for byte, and gives an id to a message that has none', () => {
  fc.assert(
    fc.property(sent, (message) => {
      const encoded = rhea.message.encode(message as unknown as rhea.Message);
      const { content, messageId, sessionId } = readMessage(encoded, () => 'made');
      expect(messageId).toBe(message.message_id ?? 'made');
      expect(sessionId).toBe(message.group_id);
      expect(content.priority).toBe(message.priority ?? 4);
      expect(content.timeToLive).toBe(message.ttl);
      if (message.message_id !== undefined) {
        expect(encoded.subarray(encoded.length - content.bare.length)).toEqual(content.bare);
        return;
      }
      const withoutHeader = { ...message, durable: undefined, priority: undefined, ttl: undefined };
      const expected = rhea.message.encode({ ...withoutHeader, message_id: 'made' } as unknown as rhea.Message);
      expect(decode(content.bare)).toEqual(decode(expected));
    }),
  );
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['a header alone', Buffer.from('00537045', 'hex')],
])('refuses %s: a message has a body', (_, bytes) => {
  expect(() => readMessage(bytes, () => 'made')).toThrow('The message has no body.');
});

it('refuses sections out of order', () => {
  expect(() => readMessage(Buffer.from('005375a0017800537045', 'hex'), () => 'made')).toThrow(
    'Section 0x70 comes after 0x75.',
  );
});
