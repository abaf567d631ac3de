import { beforeEach, describe, expect, it } from '@jest/globals';
import { PureNamespace } from '../testing/pure-namespace.js';
import type { MessageQueue } from './message-queue.js';
import { QUOTAS } from './quotas.js';
import type { SessionHolder } from './session.js';
import type { SessionTable } from './session-table.js';

const LOCK = 30_000;

let pure: PureNamespace;
let main: MessageQueue;
let sessions: SessionTable;
beforeEach(() => {
  pure = new PureNamespace();
  ({ main } = pure.createQueue({ requiresSession: true, lockDuration: LOCK }));
  sessions = main.sessions as SessionTable;
});

const holder = (ready = () => undefined as void): SessionHolder => ({ client: {}, ready, lost: () => undefined });
const send = (...ids: string[]) =>
  pure.send('q', ...ids.map((sessionId, n) => ({ id: `${sessionId}${n}`, sessionId })));
const next = (by = holder()) => sessions.acceptNext(by, pure.now);

describe('the next session', () => {
  it('is the one that waits longest, whatever came for it meanwhile', () => {
    send('a', 'b', 'a', 'c', 'a');
    expect([next()?.id, next()?.id, next()?.id, next()]).toEqual(['a', 'b', 'c', undefined]);
  });

  it('is behind all others when it was given back', () => {
    send('a', 'b', 'c');
    const by = holder();
    const first = next(by);
    if (first) sessions.release(first, by, pure.now);
    expect([next()?.id, next()?.id, next()?.id, next()]).toEqual(['b', 'c', 'a', undefined]);
  });

  it('is free again when its lock ends, and none while all are held', () => {
    send('a');
    expect(next()?.id).toBe('a');
    pure.pass(LOCK - 1);
    expect(next()).toBeUndefined();
    pure.pass(1);
    expect(next()?.id).toBe('a');
  });

  it('is none that has nothing available: deferred, locked or gone', () => {
    send('a', 'b');
    const by = holder();
    const [a, b] = [next(by), next(by)];
    if (!a || !b) throw new Error('There should be two sessions.');
    main.defer(pure.receive(main, a), undefined, pure.now);
    main.remove(pure.receive(main, b));
    for (const session of [a, b]) sessions.release(session, by, pure.now);
    expect(next()).toBeUndefined();
    expect([sessions.get('a')?.id, sessions.get('b')]).toEqual(['a', undefined]);
    send('b');
    expect(next()?.id).toBe('b');
  });

  it('comes to those who wait in the order in which they came, one each', () => {
    const woken: string[] = [];
    for (const name of ['first', 'second', 'third']) sessions.acceptors.add({ ready: () => woken.push(name) });
    send('a', 'a', 'b');
    expect(woken).toEqual(['first', 'second']);
    expect(sessions.acceptors.size).toBe(1);
  });
});

describe('a session', () => {
  it('is held by one at a time, and new messages of it are told to that one', () => {
    let told = 0;
    const by = holder(() => void told++);
    const session = sessions.accept('s', by, pure.now);
    expect(() => sessions.accept('s', holder(), pure.now)).toThrow(
      expect.objectContaining({ condition: 'com.microsoft:session-cannot-be-locked' }),
    );
    send('s', 'other');
    expect(told).toBe(1);
    expect(pure.receive(main, session).sessionId).toBe('s');
    expect(main.receive(pure.now, session)).toBeUndefined();
    expect(next()?.id).toBe('other');
  });

  it('keeps its state without messages and without a holder, until that is cleared', () => {
    const by = holder();
    sessions.release(sessions.accept('s', by, pure.now), by, pure.now);
    expect(sessions.get('s')).toBeUndefined();
    pure.namespace.setSessionState(main, 's', Buffer.from('kept'), pure.now);
    sessions.release(sessions.accept('s', by, pure.now), by, pure.now);
    expect(sessions.get('s')?.state).toEqual(Buffer.from('kept'));
    send('s');
    const session = sessions.accept('s', by, pure.now);
    main.remove(pure.receive(main, session));
    sessions.release(session, by, pure.now);
    expect(sessions.get('s')?.state).toEqual(Buffer.from('kept'));
    pure.namespace.setSessionState(main, 's', undefined, pure.now);
    expect(sessions.get('s')).toBeUndefined();
  });

  it('may have a state until its queue has a million, and its own may always change', () => {
    const count = (states: number) =>
      Object.defineProperty(main, 'sessionStates', { value: states, configurable: true });
    const set = (id: string, state?: string) =>
      pure.namespace.setSessionState(main, id, state === undefined ? undefined : Buffer.from(state), pure.now);
    set('a', 'one');
    set('a', 'two');
    set('b', 'one');
    expect(main.sessionStates).toBe(2);
    set('b');
    set('b');
    expect(main.sessionStates).toBe(1);
    count(QUOTAS.sessionStatesPerEntity - 1);
    set('b', 'the last');
    count(QUOTAS.sessionStatesPerEntity);
    expect(() => set('c', 'one more')).toThrow('1000000 session states, which is the most');
    set('a', 'changed');
    set('c');
  });

  it('of a deleted queue is nobody any more', () => {
    send('s');
    const by = holder();
    const session = next(by);
    pure.namespace.delete('q', pure.now);
    expect(pure.timers.size).toBe(0);
    expect(() => sessions.check(session, by, pure.now)).toThrow('session lock has expired');
  });
});
