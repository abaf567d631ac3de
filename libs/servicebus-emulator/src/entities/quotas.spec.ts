import { beforeEach, expect, it } from '@jest/globals';
import type { Filter, Rule } from '../rules/index.js';
import { Namespace } from './namespace.js';
import { QUOTAS } from './quotas.js';
import { TimerQueue } from './timer-queue.js';

const NOW = 1_700_000_000_000;
const FULL = { condition: 'amqp:resource-limit-exceeded', status: 403 };
const SQL: Filter = { kind: 'sql', expression: 'amount > 1' };
const CORRELATION: Filter = { kind: 'correlation', subject: 's' };

let namespace: Namespace;
beforeEach(() => {
  namespace = new Namespace({ timers: new TimerQueue(), newId: () => 'id', later: (work) => work(NOW) });
});

function refused(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('It was not refused.');
}

function rulesOf(count: number, filter: Filter): Rule[] {
  return Array.from({ length: count }, (_, index) => ({ name: `r${index}`, filter }));
}

it('has 10,000 queues and topics at most, and takes another one for each that is deleted', () => {
  for (let i = 0; i < QUOTAS.entities / 2; i++) {
    namespace.createQueue(`q${i}`, {}, NOW);
    namespace.createTopic(`t${i}`, {}, NOW);
  }
  expect(refused(() => namespace.createQueue('one-more', {}, NOW))).toMatchObject(FULL);
  expect(refused(() => namespace.createTopic('one-more', {}, NOW))).toMatchObject(FULL);
  expect(refused(() => namespace.createQueue('q1', {}, NOW))).toMatchObject({ status: 409 });
  namespace.createSubscription('t0/Subscriptions/s', {}, NOW);
  namespace.delete('q0', NOW);
  namespace.createTopic('one-more', {}, NOW);
});

it('has 2,000 subscriptions at most on a topic, and more on another', () => {
  for (const topic of ['t', 'other']) namespace.createTopic(topic, {}, NOW);
  for (let i = 0; i < QUOTAS.subscriptionsPerTopic; i++) namespace.createSubscription(`t/Subscriptions/s${i}`, {}, NOW);
  expect(refused(() => namespace.createSubscription('t/Subscriptions/s', {}, NOW))).toMatchObject(FULL);
  namespace.createSubscription('other/Subscriptions/s', {}, NOW);
  namespace.delete('t/Subscriptions/s7', NOW);
  namespace.createSubscription('t/Subscriptions/s', {}, NOW);
});

it.each([
  ['2,000 SQL filters', SQL, CORRELATION, QUOTAS.sqlFiltersPerTopic],
  ['100,000 correlation filters', CORRELATION, SQL, QUOTAS.correlationFiltersPerTopic],
])('has %s at most on a topic, in all its subscriptions together', (_, filter, other, limit) => {
  for (const topic of ['t', 'elsewhere']) namespace.createTopic(topic, {}, NOW);
  const [a, b, c] = ['t/Subscriptions/a', 't/Subscriptions/b', 't/Subscriptions/c'] as const;
  namespace.createSubscription(a, {}, NOW, rulesOf(limit - 1, filter));
  namespace.createSubscription(b, {}, NOW);
  namespace.addRule(b, { name: 'last', filter }, NOW);
  const more = { name: 'more', filter };
  expect(refused(() => namespace.addRule(b, more, NOW))).toMatchObject(FULL);
  expect(refused(() => namespace.createSubscription(c, {}, NOW, [more]))).toMatchObject(FULL);
  expect(namespace.registry.find(c)).toBeUndefined();
  namespace.addRule(b, { name: 'of-another-kind', filter: other }, NOW);
  const changed = { name: 'of-another-kind', filter };
  expect(refused(() => namespace.updateRule(b, changed, NOW))).toMatchObject(FULL);
  namespace.createSubscription('elsewhere/Subscriptions/a', {}, NOW, [more]);

  namespace.updateRule(b, { name: 'last', filter: other }, NOW);
  namespace.addRule(b, more, NOW);
  namespace.updateRule(b, { ...more, action: { expression: 'SET a = 1' } }, NOW);
  namespace.removeRule(a, 'r0', NOW);
  namespace.updateRule(b, changed, NOW);
  expect(refused(() => namespace.addRule(a, { name: 'again', filter }, NOW))).toMatchObject(FULL);
});
