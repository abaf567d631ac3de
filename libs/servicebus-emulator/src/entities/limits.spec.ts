import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeProperty, type PropertyChanges, withApplicationProperties } from '../codec/application-properties.js';
import { readMessage, type IncomingMessage } from '../codec/read-message.js';
import { encodeTestMessage, idOf, type TestMessage } from '../testing/message.js';
import type { MessageQueue } from './message-queue.js';
import { Namespace } from './namespace.js';
import type { QueuedMessage } from './queued-message.js';
import { problemOfName, problemOfPath } from './entity-path.js';
import { TimerQueue } from './timer-queue.js';

const NOW = 1_700_000_000_000;
const KB = 1024;

let namespace: Namespace;
beforeEach(() => {
  namespace = new Namespace({ timers: new TimerQueue(), newId: () => 'id', later: (work) => work(NOW) });
});

function message(fields: Partial<TestMessage>, properties: Record<string, string> = {}): IncomingMessage {
  const encoded = encodeTestMessage({ id: 'm', ...fields });
  const changes = new Map(Object.entries(properties).map(([name, value]) => [name, encodeProperty(value)]));
  return readMessage(withApplicationProperties(encoded, changes), () => 'unused');
}

function send(path: string, ...messages: IncomingMessage[]): void {
  namespace.commit(namespace.send(path, messages, NOW).unit, NOW);
}

describe('what a message may carry', () => {
  const longest = 'x'.repeat(128);
  it.each<[string, IncomingMessage]>([
    ['a message id of 128 characters', message({ id: longest })],
    ['a session id of 128 characters', message({ sessionId: longest })],
    ['a property of 31 KB', message({}, { large: 'x'.repeat(31 * KB) })],
    ['a body beyond the limit of the properties', message({ body: Buffer.alloc(200 * KB) })],
  ])('is %s', (_, allowed) => {
    namespace.createQueue('q', {}, NOW);
    send('q', allowed);
    expect(namespace.registry.target('q')?.main.counts.active).toBe(1);
  });

  it.each<[string, IncomingMessage, RegExp]>([
    ['a message id of 129 characters', message({ id: `${longest}x` }), /message id has 129 .* 128/],
    ['a session id of 129 characters', message({ sessionId: `${longest}x` }), /session id has 129 .* 128/],
    ['a property of 33 KB', message({}, { large: 'x'.repeat(33 * KB) }), /A property .* 32768/],
    ['a subject of 33 KB', message({ subject: 'x'.repeat(33 * KB) }), /A property .* 32768/],
    [
      'three properties of 22 KB',
      message({}, Object.fromEntries(['a', 'b', 'c'].map((name) => [name, 'x'.repeat(22 * KB)]))),
      /in all; at most 65536/,
    ],
  ])('is not %s, and nothing of its batch is kept', (_, refused, problem) => {
    namespace.createQueue('q', {}, NOW);
    expect(() => send('q', message({}), refused)).toThrow(problem);
    expect(namespace.registry.target('q')?.main.counts.active).toBe(0);
  });

  it('is not exceeded by a rule: the subscription dead-letters the message as it was', () => {
    namespace.createTopic('t', {}, NOW);
    const action = { expression: 'SET c = b; SET d = b' };
    const rule = { name: 'grow', filter: { kind: 'true' }, action } as const;
    const { main, deadLetters } = namespace.createSubscription('t/Subscriptions/s', {}, NOW, [rule]);
    send('t', message({ id: 'grows' }, { b: 'x'.repeat(30 * KB) }));
    expect(main.counts.active).toBe(0);
    const [dead] = [...deadLetters.from(0)];
    expect(dead && idOf(dead)).toBe('grows');
    expect(dead?.content.bare.toString('latin1')).toContain('HeaderSizeExceeded');
  });
});

describe('what a receiver adds to a message', () => {
  const large = (length: number) => new Map([['large', encodeProperty('x'.repeat(length))]]);
  const settlements = {
    abandon: (queue: MessageQueue, locked: QueuedMessage, changes: PropertyChanges) =>
      queue.abandon(locked, changes, NOW),
    defer: (queue: MessageQueue, locked: QueuedMessage, changes: PropertyChanges) => queue.defer(locked, changes, NOW),
    'dead-letter': (queue: MessageQueue, locked: QueuedMessage, properties: PropertyChanges) =>
      queue.deadLetter(locked, { reason: 'any', description: undefined, properties }, NOW),
  };

  it.each(Object.entries(settlements))('has the same limits, to %s too: otherwise it stays locked', (_, settle) => {
    const { main, deadLetters } = namespace.createQueue('q', {}, NOW);
    send('q', message({}, { own: 'x'.repeat(30 * KB), other: 'x'.repeat(10 * KB) }));
    const locked = main.receive(NOW);
    if (!locked) throw new Error('nothing came');
    const { bytes } = main;
    const lockId = locked.lock?.id ?? 0;
    expect(() => settle(main, locked, large(33 * KB))).toThrow(/A property .* 32768/);
    expect(() => settle(main, locked, large(25 * KB))).toThrow(/in all; at most 65536/);
    expect(main.locked(locked.sequenceNumber, lockId, NOW)).toBe(locked);
    expect([main.bytes, locked.deliveryCount, locked.state]).toEqual([bytes, 0, 'active']);
    settle(main, locked, large(20 * KB));
    expect(main.bytes + deadLetters.bytes).toBeGreaterThan(60 * KB);
  });
});

describe('names', () => {
  const path = (length: number) => 'x'.repeat(length);
  it.each([
    ['a queue of 260 characters', problemOfPath(path(260)), undefined],
    ['a queue of 261 characters', problemOfPath(path(261)), 'longer than 260'],
    ['a queue within folders', problemOfPath('a/b/c-1'), undefined],
    ['a queue that looks like a subscription', problemOfPath('a/subscriptions/b'), 'is no name'],
    ['a queue that ends with a dot', problemOfPath('a.'), 'is no name'],
    ['a subscription or rule of 50 characters', problemOfName(path(50)), undefined],
    ['a subscription or rule of 51 characters', problemOfName(path(51)), 'longer than 50'],
    ['the rule that comes with a subscription', problemOfName('$Default'), undefined],
    ['a subscription with a slash', problemOfName('a/b'), 'is no name'],
  ])('of %s', (_, problem, expected) => {
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(expected);
  });
});

describe('the size of an entity', () => {
  const half = (id: string) => message({ id, body: Buffer.alloc(512 * KB) });

  it('is what all messages in it have: beyond it sends are refused, and taken again when there is room', () => {
    const { main } = namespace.createQueue('q', { maxSizeInMegabytes: 1 }, NOW);
    send('q', half('first'));
    expect(() => send('q', half('second'))).toThrow(/maximum entity size has been reached .*:1048576/);
    main.take(NOW);
    send('q', half('third'));
    expect([...main.from(0)].map(idOf)).toEqual(['third']);
  });

  it('counts dead letters too, and for a topic what its subscriptions hold', () => {
    const { main } = namespace.createQueue('q', { maxSizeInMegabytes: 1 }, NOW);
    send('q', half('dead'));
    const locked = main.receive(NOW);
    if (locked) main.deadLetter(locked, { reason: undefined, description: undefined }, NOW);
    expect(() => send('q', half('second'))).toThrow(/maximum entity size/);
    namespace.createTopic('t', { maxSizeInMegabytes: 1 }, NOW);
    namespace.createSubscription('t/Subscriptions/s', {}, NOW);
    send('t', half('first'));
    expect(() => send('t', half('second'))).toThrow(/maximum entity size/);
  });
});

describe('a limit is the most there may be:', () => {
  /** The bytes that these properties take, beyond their text. */
  const OVERHEAD = 5;

  it('a property of 32,768 bytes, and not one of a byte more', () => {
    namespace.createQueue('q', {}, NOW);
    const property = (bytes: number) => message({}, { large: 'x'.repeat(bytes - OVERHEAD) });
    send('q', property(32 * KB));
    expect(() => send('q', property(32 * KB + 1))).toThrow('32769 bytes');
  });

  it('properties of 65,536 bytes in all, and not a byte more', () => {
    namespace.createQueue('q', {}, NOW);
    const properties = (last: number) =>
      message({}, { a: 'x'.repeat(30_000), b: 'x'.repeat(30_000), c: 'x'.repeat(last) });
    const problem = (last: number) => {
      try {
        send('q', properties(last));
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    };
    const [, all = '0'] = /have (\d+) bytes in all/.exec(problem(10_000) ?? '') ?? [];
    const fits = 10_000 - (Number(all) - 64 * KB);
    expect(problem(fits)).toBeUndefined();
    expect(problem(fits + 1)).toContain('65537 bytes in all');
  });

  it('a queue filled to its last byte, with its dead letters, and not beyond', () => {
    const { main, deadLetters } = namespace.createQueue('q', { maxSizeInMegabytes: 1 }, NOW);
    send('q', message({ body: Buffer.alloc(700 * KB) }));
    const locked = main.receive(NOW);
    if (locked) main.deadLetter(locked, { reason: undefined, description: undefined }, NOW);
    const room = KB * KB - deadLetters.bytes;
    const frame = message({ body: Buffer.alloc(300 * KB) }).content.bare.length - 300 * KB;
    const filling = (bytes: number) => message({ body: Buffer.alloc(bytes - frame) });
    expect(() => send('q', filling(room + 1))).toThrow('maximum entity size');
    send('q', filling(room));
    expect(main.bytes + deadLetters.bytes).toBe(KB * KB);
    expect(() => send('q', message({}))).toThrow('maximum entity size');
  });
});
