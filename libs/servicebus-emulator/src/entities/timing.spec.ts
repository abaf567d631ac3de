import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeProperty } from '../codec/application-properties.js';
import { idOf } from '../testing/message.js';
import { idsIn, PureNamespace, reasonsIn, START } from '../testing/pure-namespace.js';

const LOCK = 30_000;
const TIME_TO_LIVE = 10_000;

let pure: PureNamespace;
beforeEach(() => {
  pure = new PureNamespace();
});

const lockLost = expect.objectContaining({ condition: 'com.microsoft:message-lock-lost' });

describe('the lock of a message', () => {
  it('is good for the last millisecond before its end, and not at its end', () => {
    const { main } = pure.createQueue({ lockDuration: LOCK });
    pure.send('q', { id: 'm' });
    const { sequenceNumber, lock } = pure.receive(main);
    expect(lock?.until).toBe(START + LOCK);
    const id = lock?.id ?? 0;
    expect(main.locked(sequenceNumber, id, START + LOCK - 1).sequenceNumber).toBe(sequenceNumber);
    // Whether the broker has noticed the end or not.
    expect(() => main.locked(sequenceNumber, id, START + LOCK)).toThrow(lockLost);
    pure.pass(LOCK);
    expect(() => main.locked(sequenceNumber, id, pure.now)).toThrow(lockLost);
  });

  it('says nothing about the next delivery of the message', () => {
    const { main } = pure.createQueue();
    pure.send('q', { id: 'm' });
    const first = pure.receive(main);
    const id = first.lock?.id ?? 0;
    main.abandon(first, undefined, pure.now);
    pure.receive(main);
    expect(() => main.locked(first.sequenceNumber, id, pure.now)).toThrow(lockLost);
  });

  it('ends a lock duration after it was renewed, not later', () => {
    const { main } = pure.createQueue({ lockDuration: LOCK });
    pure.send('q', { id: 'm' });
    const message = pure.receive(main);
    pure.pass(1_000);
    expect(main.renew(message, pure.now)).toBe(START + 1_000 + LOCK);
    pure.pass(LOCK - 1);
    expect(main.hasReady).toBe(false);
    pure.pass(1);
    expect(main.hasReady).toBe(true);
  });

  it('is not there for whoever only looks', () => {
    const { main } = pure.createQueue({ lockDuration: LOCK });
    pure.send('q', { id: 'a' }, { id: 'b' });
    expect(idsIn(main)).toEqual(['a', 'b']);
    expect(main.find(1)?.lock).toBeUndefined();
    expect([pure.receive(main), pure.receive(main)].map(idOf)).toEqual(['a', 'b']);
    expect(idsIn(main)).toEqual(['a', 'b']);
  });
});

describe('the life of a message', () => {
  it.each([true, false])('ends at its very end, whether the broker has noticed or not (%s)', (noticed) => {
    const { main, deadLetters } = pure.createQueue({ deadLetteringOnMessageExpiration: true });
    pure.send('q', { id: 'early', timeToLive: TIME_TO_LIVE }, { id: 'm', timeToLive: TIME_TO_LIVE });
    expect(idOf(main.receive(START + TIME_TO_LIVE - 1) as never)).toBe('early');
    if (noticed) pure.pass(TIME_TO_LIVE);
    expect(main.receive(START + TIME_TO_LIVE)).toBeUndefined();
    expect(reasonsIn(deadLetters)).toEqual(['TTLExpiredException']);
  });

  it('goes on while it is locked, and ends with the lock', () => {
    const { main, deadLetters } = pure.createQueue({ lockDuration: LOCK, deadLetteringOnMessageExpiration: true });
    pure.send('q', { id: 'completed', timeToLive: TIME_TO_LIVE }, { id: 'abandoned', timeToLive: TIME_TO_LIVE });
    const [completed, abandoned] = [pure.receive(main), pure.receive(main)];
    pure.pass(TIME_TO_LIVE + 1);
    expect(idsIn(deadLetters)).toEqual([]);
    main.remove(main.locked(completed.sequenceNumber, completed.lock?.id ?? 0, pure.now));
    main.abandon(abandoned, undefined, pure.now);
    pure.pass(0);
    expect([idsIn(main), idsIn(deadLetters)]).toEqual([[], ['abandoned']]);
  });

  it('does not end while it is deferred', () => {
    const { main, deadLetters } = pure.createQueue({ lockDuration: LOCK, deadLetteringOnMessageExpiration: true });
    pure.send('q', { id: 'm', timeToLive: TIME_TO_LIVE });
    const message = pure.receive(main);
    main.defer(message, undefined, pure.now);
    pure.pass(100 * TIME_TO_LIVE);
    main.lock(message, pure.now);
    pure.pass(LOCK);
    expect([message.state, idsIn(deadLetters)]).toEqual(['deferred', []]);
  });

  it('does not end among the dead letters', () => {
    const { main, deadLetters } = pure.createQueue({ defaultMessageTimeToLive: TIME_TO_LIVE });
    pure.send('q', { id: 'm' });
    main.deadLetter(pure.receive(main), { reason: 'r', description: undefined }, pure.now);
    pure.pass(100 * TIME_TO_LIVE);
    expect(pure.receive(deadLetters).expiresAt).toBeUndefined();
  });

  it.each([
    ['its own', 1_000, 2_000, 3_000],
    ["its topic's", 3_000, 1_000, 2_000],
    ["its subscription's", 2_000, 3_000, 1_000],
  ])('is the shortest of three: %s', (_, timeToLive, ofTopic, ofSubscription) => {
    const { namespace } = pure;
    namespace.createTopic('t', { defaultMessageTimeToLive: ofTopic }, pure.now);
    const options = { defaultMessageTimeToLive: ofSubscription };
    const { main } = namespace.createSubscription('t/Subscriptions/s', options, pure.now);
    pure.send('t', { id: 'm', timeToLive });
    expect(main.find(1)?.expiresAt).toBe(START + 1_000);
    pure.pass(999);
    expect(idsIn(main)).toEqual(['m']);
    pure.pass(1);
    expect(idsIn(main)).toEqual([]);
  });

  it('begins when a scheduled message arrives', () => {
    const { main } = pure.createQueue();
    pure.send('q', { id: 'm', timeToLive: TIME_TO_LIVE, scheduledFor: START + 5_000 });
    pure.pass(5_000 + TIME_TO_LIVE - 1);
    expect(idsIn(main)).toEqual(['m']);
    pure.pass(1);
    expect(idsIn(main)).toEqual([]);
  });
});

describe('scheduled messages', () => {
  it('arrive in the order of their times, those of one time as they were sent, each with a new number', () => {
    const { main } = pure.createQueue();
    const at = (id: string, ms: number) => ({ id, scheduledFor: START + ms });
    const numbers = pure.send('q', at('third', 300), at('first', 100), at('second', 200), at('also first', 100));
    expect(main.counts).toMatchObject({ scheduled: 4, active: 0 });
    pure.pass(1_000);
    expect(idsIn(main)).toEqual(['first', 'also first', 'second', 'third']);
    expect(main.counts).toMatchObject({ scheduled: 0, active: 4 });
    expect([...main.from(0)].map(({ sequenceNumber }) => sequenceNumber)).toEqual([5, 6, 7, 8]);
    // Each at its own moment, however late anybody looked.
    expect([...main.from(0)].map(({ enqueuedAt }) => enqueuedAt - START)).toEqual([100, 100, 200, 300]);
    expect(numbers.map((number) => main.find(number))).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('arrive at their time, not a millisecond before', () => {
    const { main } = pure.createQueue();
    pure.send('q', { id: 'm', scheduledFor: START + 100 });
    pure.pass(99);
    expect([main.hasReady, main.receive(pure.now)]).toEqual([false, undefined]);
    pure.pass(1);
    expect(idOf(pure.receive(main))).toBe('m');
  });

  it.each([0, -1])('are no such when their time is over already (%i ms)', (ms) => {
    const { main } = pure.createQueue();
    pure.send('q', { id: 'm', scheduledFor: START + ms });
    expect(main.counts).toMatchObject({ active: 1, scheduled: 0 });
    expect(pure.receive(main).sequenceNumber).toBe(1);
  });

  it('do not come once they are cancelled', () => {
    const { main } = pure.createQueue();
    const [number = 0] = pure.send('q', { id: 'cancelled', scheduledFor: START + 100 });
    pure.send('q', { id: 'kept', scheduledFor: START + 100 });
    const message = main.find(number);
    if (message) main.remove(message);
    pure.pass(1_000);
    expect(idsIn(main)).toEqual(['kept']);
  });
});

describe('what a receiver changes in a message', () => {
  it('counts in the bytes of its queue', () => {
    const { main } = pure.createQueue();
    pure.send('q', { id: 'm' });
    const before = main.bytes;
    const message = pure.receive(main);
    main.abandon(message, new Map([['why', encodeProperty('x'.repeat(100))]]), pure.now);
    expect(main.bytes).toBeGreaterThan(before + 100);
    main.remove(pure.receive(main));
    expect(main.bytes).toBe(0);
  });
});
