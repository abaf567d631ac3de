import { describe, expect, it } from '@jest/globals';
import type { Contract } from './contract.js';
import type { Envelope } from './envelope.js';
import { createMessageReader } from './message-reader.js';

class InvalidGreeting extends Error {
  constructor(readonly problems: readonly { path: string; message: string }[]) {
    super('invalid');
  }
}

const greetingV1: Contract<{ text: string }> = {
  type: 'greeting',
  version: 1,
  kind: 'event',
  parse(value) {
    const { text, ...others } = value as { text?: unknown };
    const problems = [
      ...(typeof text === 'string' ? [] : [{ path: 'text', message: 'must be a string' }]),
      ...Object.keys(others).map((path) => ({ path, message: 'is not known' })),
    ];
    if (problems.length > 0) throw new InvalidGreeting(problems);
    return { text: text as string };
  },
};

const greetingV0: Contract<string> = {
  type: 'hello',
  version: 0,
  kind: 'event',
  parse: (value) => String(value),
  messageId: (payload) => `hello-${payload}`,
  orderingKey: (payload) => `to-${payload}`,
  upcast: { to: greetingV1, convert: (payload: string) => ({ text: payload }) },
};

const read = createMessageReader([greetingV0, greetingV1] as readonly Contract[]);

const envelope = (overrides: Partial<Envelope>, body: unknown = { text: 'hi' }): Envelope => ({
  id: 'm1',
  type: 'greeting',
  version: 1,
  source: '/test',
  time: '2026-01-01T00:00:00.000Z',
  contentType: 'application/json',
  headers: {},
  body: typeof body === 'string' ? Buffer.from(body) : Buffer.from(JSON.stringify(body)),
  ...overrides,
});

describe('a message reader', () => {
  it('reads a message by its contract', () => {
    expect(read(envelope({}))).toMatchObject({ id: 'm1', type: 'greeting', version: 1, payload: { text: 'hi' } });
  });

  it('brings an old version up to date and takes its id and ordering key from the body', () => {
    expect(read(envelope({ type: 'hello', version: 0 }, '"you"'))).toMatchObject({
      id: 'hello-you',
      orderingKey: 'to-you',
      type: 'greeting',
      version: 1,
      payload: { text: 'you' },
    });
  });

  it.each([
    ['UnknownType', envelope({ type: 'nope' }), 'No contract is called "nope"; known are greeting, hello.'],
    ['UnknownType', envelope({ type: '' }), 'The message names no type; known are greeting, hello.'],
    ['UnknownVersion', envelope({ version: 7 }), '"greeting" has no version 7; known are 1.'],
    ['UnreadableBody', envelope({}, 'not json'), 'The body is not JSON in UTF-8'],
    ['UnreadableBody', envelope({ body: Uint8Array.of(0x22, 0xff, 0x22) }), 'The body is not JSON in UTF-8'],
    [
      'InvalidPayload',
      envelope({}, { text: 1, tone: 'loud' }),
      'Not a valid greeting version 1: text: must be a string; tone: is not known',
    ],
  ])('refuses what it cannot read for good: %s', (code, unreadable, message) => {
    expect(() => read(unreadable)).toThrow(expect.objectContaining({ code, message }));
  });

  it('checks what a conversion made like a body, and names the version it failed to be', () => {
    const broken = (convert: (payload: string) => unknown) =>
      createMessageReader([{ ...greetingV0, upcast: { to: greetingV1, convert } }, greetingV1] as readonly Contract[]);
    const hello = envelope({ type: 'hello', version: 0 }, '"you"');
    const invalid = (message: string) =>
      expect.objectContaining({ name: 'PermanentError', code: 'InvalidPayload', message });
    expect(() => broken(() => ({ text: 1 }))(hello)).toThrow(
      invalid('Not a valid hello version 0 when read as greeting version 1: text: must be a string'),
    );
    expect(() =>
      broken(() => {
        throw new RangeError('Invalid time value');
      })(hello),
    ).toThrow(invalid('Not a valid hello version 0 when read as greeting version 1: Invalid time value'));
  });

  it('refuses for good what the body names itself by, where it cannot be read', () => {
    const messageId = (): string => {
      throw new TypeError('no id');
    };
    const reader = createMessageReader([{ ...greetingV0, messageId }, greetingV1] as readonly Contract[]);
    expect(() => reader(envelope({ type: 'hello', version: 0 }, '"you"'))).toThrow(
      expect.objectContaining({ code: 'InvalidPayload', message: 'Not a valid hello version 0: no id' }),
    );
    expect(() => read(envelope({ type: 'hello', version: 0 }, '"a\\u0000"'))).toThrow(
      expect.objectContaining({ code: 'InvalidPayload', message: expect.stringContaining('id: must not contain NUL') }),
    );
  });

  it.each<[string, Partial<Envelope>]>([
    ['id: must have at most 128 characters, and has 129', { id: 'x'.repeat(129) }],
    ['id: must not contain NUL', { id: 'a\0b' }],
    ['orderingKey: must have at most 128 characters', { orderingKey: 'x'.repeat(1_000_000) }],
    ['orderingKey: must not contain NUL', { orderingKey: '\ud800' }],
    ['correlationId: must have at most 1024 characters', { correlationId: 'x'.repeat(1_025) }],
    ['correlationId: must not contain NUL', { correlationId: 'a\udc00b' }],
    ['source: must not contain NUL', { source: '/\0' }],
    ['contentType: must not contain NUL', { contentType: 'text/\0' }],
    ['header "trace\\u0000": must not contain NUL', { headers: { 'trace\0': 'x' } }],
    ['header "trace": must not contain NUL', { headers: { trace: 'x\ud800' } }],
    ['headers: must have at most 32768 bytes together, and have 32774', { headers: { trace: 'x'.repeat(32_769) } }],
    ['time: must be an RFC 3339 time', { time: 'yesterday' }],
    ['time: must be an RFC 3339 time', { time: '0000-01-01T00:00:00Z' }],
    ['time: must be an RFC 3339 time', { time: '2026-02-30T00:00:00Z' }],
    ['time: must be an RFC 3339 time', { time: '+275760-09-13T00:00:00.000Z' }],
    ['time: must be an RFC 3339 time', { time: `2026-01-01T00:00:00.${'0'.repeat(1_000_000)}Z` }],
  ])('refuses attributes that nothing can store or send on: %s', (problem, attributes) => {
    expect(() => read(envelope(attributes))).toThrow(
      expect.objectContaining({
        code: 'InvalidPayload',
        message: expect.stringContaining(`The attributes of this greeting version 1 are not valid: ${problem}`),
      }),
    );
  });

  it('takes attributes up to their limits', () => {
    const long = envelope({
      id: '😀'.repeat(64),
      orderingKey: 'x'.repeat(128),
      correlationId: 'x'.repeat(1_024),
      headers: { trace: 'x'.repeat(32_763) },
      time: '2024-02-29T23:59:59.123456789+14:00',
    });
    expect(read(long)).toMatchObject({ id: long.id, envelope: long });
  });

  it('quotes little of a type that nobody knows', () => {
    expect(() => read(envelope({ type: 'x'.repeat(1_000_000) }))).toThrow(
      expect.objectContaining({
        code: 'UnknownType',
        message: `No contract is called "${'x'.repeat(100)}…"; known are greeting, hello.`,
      }),
    );
  });

  it('refuses two contracts of one type and version', () => {
    expect(() => createMessageReader([greetingV1, greetingV1] as readonly Contract[])).toThrow(
      'Two contracts are called greeting version 1.',
    );
  });
});
