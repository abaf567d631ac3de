import { beforeEach, expect, it } from '@jest/globals';
import { testMessage } from '../testing/message.js';
import { Namespace } from './namespace.js';
import { TimerQueue } from './timer-queue.js';

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
const IDLE = { autoDeleteOnIdle: 10 * MINUTE };

let timers: TimerQueue;
let namespace: Namespace;
beforeEach(() => {
  timers = new TimerQueue();
  namespace = new Namespace({ timers, newId: () => 'id', later: (work) => work(NOW) });
});

const exists = (path: string) => namespace.registry.find(path) !== undefined;

function sendAt(path: string, now: number): void {
  namespace.commit(namespace.send(path, [testMessage({ id: 'm' })], now).unit, now);
}

it('deletes an entity that is not used for as long as it says, with its messages', () => {
  namespace.createQueue('q', IDLE, NOW);
  sendAt('q', NOW + 9 * MINUTE);
  timers.run(NOW + 18 * MINUTE);
  expect(exists('q')).toBe(true);
  timers.run(NOW + 19 * MINUTE);
  expect(exists('q')).toBe(false);
  expect(timers.size).toBe(0);
});

it('counts from an update anew, and stops when the update says so', () => {
  namespace.createQueue('q', IDLE, NOW);
  namespace.update('q', { userMetadata: 'changed' }, NOW + 9 * MINUTE);
  timers.run(NOW + 15 * MINUTE);
  expect(exists('q')).toBe(true);
  namespace.update('q', { autoDeleteOnIdle: 922_337_203_685_477 }, NOW + 15 * MINUTE);
  timers.run(NOW + 600 * MINUTE);
  expect(exists('q')).toBe(true);
});

it('deletes a subscription by itself, and with its topic', () => {
  namespace.createTopic('t', {}, NOW);
  namespace.createSubscription('t/Subscriptions/s', IDLE, NOW);
  timers.run(NOW + 11 * MINUTE);
  expect([exists('t'), exists('t/Subscriptions/s')]).toEqual([true, false]);
  namespace.createSubscription('t/Subscriptions/s', {}, NOW + 11 * MINUTE);
  namespace.update('t', IDLE, NOW + 11 * MINUTE);
  timers.run(NOW + 22 * MINUTE);
  expect([exists('t'), exists('t/Subscriptions/s')]).toEqual([false, false]);
});

it('spares what forwards: a source is never idle', () => {
  namespace.createQueue('to', {}, NOW);
  namespace.createQueue('from', { ...IDLE, forwardTo: 'to' }, NOW);
  timers.run(NOW + 600 * MINUTE);
  expect(exists('from')).toBe(true);
});
