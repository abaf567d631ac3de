import { beforeEach, describe, expect, it } from '@jest/globals';
import { readApplicationProperties } from '../codec/message-view.js';
import { idsIn, PureNamespace, reasonsIn } from '../testing/pure-namespace.js';
import type { QueueEntity } from './entity.js';
import type { QueuedMessage } from './queued-message.js';
import type { Session, SessionHolder } from './session.js';
import type { SessionTable } from './session-table.js';

const LOCK = 30_000;

let pure: PureNamespace;
beforeEach(() => {
  pure = new PureNamespace();
});

/** What may become of a delivery, by how it is called in the documentation. */
const ENDS: Record<string, (queue: QueueEntity, message: QueuedMessage) => void> = {
  'an abandon': ({ main }, message) => main.abandon(message, undefined, pure.now),
  'the end of its lock': () => pure.pass(LOCK),
  'the end of its renewed lock': ({ main }, message) => {
    pure.pass(LOCK - 1);
    main.renew(message, pure.now);
    pure.pass(LOCK - 1);
    expect(message.lock).toBeDefined();
    pure.pass(1);
  },
  'a release': ({ main }, message) => main.release(message, pure.now),
};

describe('a delivery is counted', () => {
  it.each([
    ['an abandon', 1],
    ['the end of its lock', 1],
    ['the end of its renewed lock', 1],
    ['a release', 0],
  ])('by %s: %i', (end, counted) => {
    const queue = pure.createQueue({ lockDuration: LOCK });
    pure.send('q', { id: 'm' });
    const message = pure.receive(queue.main);
    const { lock } = message;
    expect(message.deliveryCount).toBe(0);
    ENDS[end]?.(queue, message);
    expect(message).toMatchObject({ state: 'active', deliveryCount: counted, lock: undefined });
    const again = pure.receive(queue.main);
    expect(again.sequenceNumber).toBe(message.sequenceNumber);
    expect(again.lock?.id).not.toBe(lock?.id);
  });

  it('not before its lock ends', () => {
    const { main } = pure.createQueue({ lockDuration: LOCK });
    pure.send('q', { id: 'm' });
    const message = pure.receive(main);
    pure.pass(LOCK - 1);
    expect([message.deliveryCount, main.hasReady]).toEqual([0, false]);
  });

  it('by deferring, and again by whatever happens to the deferred message', () => {
    const { main } = pure.createQueue({ lockDuration: LOCK });
    pure.send('q', { id: 'm' });
    const message = pure.receive(main);
    main.defer(message, undefined, pure.now);
    expect(message).toMatchObject({ state: 'deferred', deliveryCount: 1 });
    main.lock(message, pure.now);
    pure.pass(LOCK);
    expect(message).toMatchObject({ state: 'deferred', deliveryCount: 2, lock: undefined });
    main.lock(message, pure.now);
    main.release(message, pure.now);
    expect(message).toMatchObject({ state: 'deferred', deliveryCount: 2, lock: undefined });
  });

  it('and kept when its receiver dead-letters the message', () => {
    const queue = pure.createQueue();
    pure.send('q', { id: 'm' });
    queue.main.abandon(pure.receive(queue.main), undefined, pure.now);
    queue.main.deadLetter(pure.receive(queue.main), { reason: 'r', description: 'd' }, pure.now);
    expect([...queue.deadLetters.from(0)]).toMatchObject([{ deliveryCount: 1 }]);
  });
});

describe('the maximum of deliveries', () => {
  it.each(['an abandon', 'the end of its lock'])('is reached by %s, not before and not later', (end) => {
    const queue = pure.createQueue({ lockDuration: LOCK, maxDeliveryCount: 3 });
    pure.send('q', { id: 'm' });
    for (const before of [0, 1, 2]) {
      expect(idsIn(queue.deadLetters)).toEqual([]);
      const message = pure.receive(queue.main);
      expect(message.deliveryCount).toBe(before);
      ENDS[end]?.(queue, message);
    }
    expect(idsIn(queue.main)).toEqual([]);
    const [dead] = [...queue.deadLetters.from(0)];
    expect(dead?.deliveryCount).toBe(3);
    expect(dead && Object.fromEntries(readApplicationProperties(dead.content.bare))).toMatchObject({
      DeadLetterReason: 'MaxDeliveryCountExceeded',
      DeadLetterErrorDescription: 'Message could not be consumed after 3 delivery attempts.',
    });
  });

  it('of 1 dead-letters at the first failure', () => {
    const queue = pure.createQueue({ maxDeliveryCount: 1 });
    pure.send('q', { id: 'm' });
    queue.main.abandon(pure.receive(queue.main), undefined, pure.now);
    expect([idsIn(queue.main), idsIn(queue.deadLetters)]).toEqual([[], ['m']]);
  });

  it('is never reached by handing a message back untouched', () => {
    const queue = pure.createQueue({ maxDeliveryCount: 1 });
    pure.send('q', { id: 'm' });
    for (let time = 0; time < 5; time++) queue.main.release(pure.receive(queue.main), pure.now);
    expect([idsIn(queue.main), idsIn(queue.deadLetters)]).toEqual([['m'], []]);
  });

  it('spares deferred messages: they go only when somebody says so', () => {
    const queue = pure.createQueue({ lockDuration: LOCK, maxDeliveryCount: 2 });
    pure.send('q', { id: 'm' });
    queue.main.abandon(pure.receive(queue.main), undefined, pure.now);
    const message = pure.receive(queue.main);
    queue.main.defer(message, undefined, pure.now);
    for (const end of ['an abandon', 'the end of its lock']) {
      queue.main.lock(message, pure.now);
      ENDS[end]?.(queue, message);
    }
    expect(message).toMatchObject({ state: 'deferred', deliveryCount: 4 });
    expect(reasonsIn(queue.deadLetters)).toEqual([]);
  });

  it('does not exist in a dead-letter queue', () => {
    const { main, deadLetters } = pure.createQueue({ maxDeliveryCount: 1 });
    pure.send('q', { id: 'm' });
    main.abandon(pure.receive(main), undefined, pure.now);
    for (let time = 0; time < 5; time++) deadLetters.abandon(pure.receive(deadLetters), undefined, pure.now);
    expect(idsIn(deadLetters)).toEqual(['m']);
  });

  it('counts as it was last set', () => {
    const queue = pure.createQueue({ maxDeliveryCount: 10 });
    pure.send('q', { id: 'm' });
    for (let time = 0; time < 4; time++) queue.main.abandon(pure.receive(queue.main), undefined, pure.now);
    pure.namespace.update('q', { maxDeliveryCount: 3 }, pure.now);
    expect(idsIn(queue.main)).toEqual(['m']);
    queue.main.abandon(pure.receive(queue.main), undefined, pure.now);
    expect(idsIn(queue.deadLetters)).toEqual(['m']);
  });
});

describe('in a session', () => {
  const holder = (): SessionHolder & { losses: number } => ({
    client: {},
    losses: 0,
    ready: () => undefined,
    lost() {
      this.losses++;
    },
  });

  let queue: QueueEntity;
  let sessions: SessionTable;
  let first: ReturnType<typeof holder>;
  let session: Session;
  const counts = () => [...queue.main.from(0)].map(({ deliveryCount }) => deliveryCount);

  /** Two messages of three are with the holder of their session. */
  beforeEach(() => {
    queue = pure.createQueue({ requiresSession: true, lockDuration: LOCK, maxDeliveryCount: 2 });
    sessions = queue.main.sessions as SessionTable;
    pure.send('q', ...['a', 'b', 'c'].map((id) => ({ id, sessionId: 's' })));
    first = holder();
    session = sessions.accept('s', first, pure.now);
    pure.receive(queue.main, session);
    pure.receive(queue.main, session);
  });

  it('closing counts no delivery, however often, and keeps the order', () => {
    for (let time = 0; time < 5; time++) {
      sessions.release(session, first, pure.now);
      expect(sessions.acceptNext(first, pure.now)).toBe(session);
      expect(pure.receive(queue.main, session).deliveryCount).toBe(0);
      expect(pure.receive(queue.main, session).deliveryCount).toBe(0);
    }
    expect([idsIn(queue.main), counts()]).toEqual([
      ['a', 'b', 'c'],
      [0, 0, 0],
    ]);
    expect(idsIn(queue.deadLetters)).toEqual([]);
  });

  it('the end of its lock counts what was handed out and not settled, and tells the holder once', () => {
    queue.main.remove([...queue.main.from(0)][1] as QueuedMessage);
    pure.pass(LOCK - 1);
    expect([counts(), first.losses]).toEqual([[0, 0], 0]);
    pure.pass(1);
    expect([idsIn(queue.main), counts(), first.losses]).toEqual([['a', 'c'], [1, 0], 1]);
    pure.pass(10 * LOCK);
    expect([counts(), first.losses]).toEqual([[1, 0], 1]);
  });

  it('the end of its lock dead-letters at the maximum, and not before', () => {
    pure.pass(LOCK);
    expect(reasonsIn(queue.deadLetters)).toEqual([]);
    const again = sessions.accept('s', holder(), pure.now);
    for (let time = 0; time < 2; time++) pure.receive(queue.main, again);
    pure.pass(LOCK);
    expect(idsIn(queue.main)).toEqual(['c']);
    expect(reasonsIn(queue.deadLetters)).toEqual(['MaxDeliveryCountExceeded', 'MaxDeliveryCountExceeded']);
  });

  it('an abandon counts the one message, which comes again first', () => {
    const [message] = [...queue.main.from(0)];
    if (message) queue.main.abandon(message, undefined, pure.now);
    expect(counts()).toEqual([1, 0, 0]);
    expect(pure.receive(queue.main, session)).toBe(message);
  });

  it('a deferred message that was taken up stays deferred, and is not counted when the session closes', () => {
    const [message] = [...queue.main.from(0)] as [QueuedMessage];
    queue.main.defer(message, undefined, pure.now);
    queue.main.lock(message, pure.now);
    sessions.release(session, first, pure.now);
    expect(message).toMatchObject({ state: 'deferred', deliveryCount: 1, lock: undefined });
  });

  it('whoever lost a session cannot end the hold of the next', () => {
    pure.pass(LOCK);
    const next = holder();
    sessions.accept('s', next, pure.now);
    const message = pure.receive(queue.main, session);
    sessions.release(session, first, pure.now);
    expect(session.isHeldBy(next.client, pure.now)).toBe(true);
    expect(message.lock).toBeDefined();
    expect(() => sessions.renew(session, first, pure.now)).toThrow('session lock has expired');
  });

  it('a renewed lock ends a lock duration after it was renewed', () => {
    pure.pass(LOCK - 1);
    expect(sessions.renew(session, first, pure.now)).toBe(pure.now + LOCK);
    pure.pass(LOCK - 1);
    expect([session.isHeldBy(first.client, pure.now), counts()]).toEqual([true, [0, 0, 0]]);
    pure.pass(1);
    expect([session.isHeldBy(first.client, pure.now), counts()]).toEqual([false, [1, 1, 0]]);
  });

  it('the session is free at the very moment at which its lock ends', () => {
    const end = pure.now + LOCK;
    expect(session.isHeldBy(first.client, end - 1)).toBe(true);
    expect(session.isHeldBy(first.client, end)).toBe(false);
    expect(() => sessions.check(session, first, end)).toThrow('session lock has expired');
  });
});
