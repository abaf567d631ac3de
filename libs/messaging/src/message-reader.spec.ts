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

  it('refuses two contracts of one type and version', () => {
    expect(() => createMessageReader([greetingV1, greetingV1] as readonly Contract[])).toThrow(
      'Two contracts are called greeting version 1.',
    );
  });
});
