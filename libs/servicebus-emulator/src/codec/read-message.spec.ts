import { describe, expect, it } from '@jest/globals';
import fc from '../testing/fast-check.js';
import rhea from 'rhea';
import { readMessage } from './read-message.js';
import { sectionsOf } from './sections.js';

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

describe('a message without an id', () => {
  const body = '005375a00178';
  const id = '6d616465';

  it.each([
    ['no properties', body, `005373d00000000a00000001a104${id}${body}`],
    ['an empty list of them', `00537345${body}`, `005373d00000000a00000001a104${id}${body}`],
    ['a null for it', `005373c0020140${body}`, `005373d00000000a00000001a104${id}${body}`],
    ['a null for it, and others', `005373c0050240a00175${body}`, `005373d00000000d00000002a104${id}a00175${body}`],
    [
      'others in a long list',
      `005373d0000000080000000240a00175${body}`,
      `005373d00000000d00000002a104${id}a00175${body}`,
    ],
  ])('gets one and keeps the rest byte for byte: it has %s', (_, hex, kept) => {
    const { content, messageId } = readMessage(Buffer.from(hex, 'hex'), () => 'made');
    expect([content.bare.toString('hex'), messageId]).toEqual([kept, 'made']);
  });

  it.each([
    ['long', 'm'.repeat(300)],
    ['longer than a short text', 'm'.repeat(100)],
    ['not ASCII', 'gemäß €'],
    ['empty', ''],
  ])('gets the one that was made, even if it is %s', (_, made) => {
    const { content } = readMessage(Buffer.from(`005373c0050240a00175${body}`, 'hex'), () => made);
    expect(decode(content.bare)).toMatchObject({ message_id: made, user_id: Buffer.from('u') });
  });
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

describe('a footer before the body, as two clients write it', () => {
  it.each([
    ['a data section', '005378c10100' + '005375a00178'],
    ['several data sections', '005378c10100' + '005375a00178' + '005375a00179'],
    ['a value', '005378c10100' + '005377a10178'],
    ['properties, then both', '00537345' + '005378c10100' + '005375a00178'],
  ])('is read and kept byte for byte: %s', (_, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    const { content } = readMessage(bytes, () => 'made');
    const body = bytes.subarray(bytes.indexOf(Buffer.from('005378', 'hex')));
    expect(content.bare.subarray(-body.length).equals(body)).toBe(true);
    expect(sectionsOf(content.bare).map(({ code }) => code)).toContain(0x78);
  });

  it.each([
    ['a second footer', '005378c10100' + '005375a00178' + '005378c10100', '0x78 comes after 0x75'],
    ['a body before and behind it', '005375a00178' + '005378c10100' + '005375a00178', '0x75 comes after 0x78'],
    ['properties behind it', '005378c10100' + '00537345' + '005375a00178', '0x73 comes after 0x78'],
  ])('does not excuse %s', (_, hex, message) => {
    expect(() => readMessage(Buffer.from(hex, 'hex'), () => 'made')).toThrow(message);
  });
});

describe('delivery annotations just before the body, as uamqp writes them', () => {
  const [properties, annotations, footer, body] = [
    '005373c00401a1016d',
    '005371c10100',
    '005378c10100',
    '005375a00178',
  ];

  it.each([
    ['behind the properties', properties + annotations + body, properties + body],
    ['behind a footer', properties + footer + annotations + body, properties + footer + body],
    ['where they belong', annotations + properties + body, properties + body],
  ])('are left out, and the rest is kept byte for byte: %s', (_, hex, kept) => {
    const { content, messageId } = readMessage(Buffer.from(hex, 'hex'), () => 'made');
    expect([content.bare.toString('hex'), messageId]).toEqual([kept, 'm']);
  });

  it.each([
    ['twice', annotations + properties + annotations + body, '0x71 comes after 0x73'],
    ['behind the body', properties + body + annotations, '0x71 comes after 0x75'],
  ])('are refused %s', (_, hex, message) => {
    expect(() => readMessage(Buffer.from(hex, 'hex'), () => 'made')).toThrow(message);
  });
});

describe('application properties', () => {
  const withProperty = (value: string) => {
    const entry = Buffer.concat([Buffer.from('a10161', 'hex'), Buffer.from(value, 'hex')]);
    const head = Buffer.from([0x00, 0x53, 0x74, 0xc1, entry.length + 1, 2]);
    return Buffer.concat([head, entry, Buffer.from('005375a00178', 'hex')]);
  };

  it.each([
    ['an empty list', '45'],
    ['a list', 'c0020141'],
    ['a large list', 'd0000000050000000141'],
    ['a map', 'c10100'],
    ['a large map', 'd10000000400000000'],
    ['an array', 'e003014100'.slice(0, 10)],
    ['a list behind a descriptor', '00530145'],
  ])('cannot be %s', (_, value) => {
    expect(() => readMessage(withProperty(value), () => 'made')).toThrow(
      "The application property 'a' is a list, a map or an array",
    );
  });

  it.each([
    ['a string', 'a10178'],
    ['null', '40'],
    ['a binary', 'a00145'],
    [
      'a timespan, which has a descriptor',
      '00a3' + '16' + Buffer.from('com.microsoft:timespan').toString('hex') + '5501',
    ],
  ])('can be %s', (_, value) => {
    expect(readMessage(withProperty(value), () => 'made').content.bare.includes(Buffer.from(value, 'hex'))).toBe(true);
  });
});
