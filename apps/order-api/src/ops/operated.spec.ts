import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { parseTopology } from '@orderflow/servicebus-emulator';
import { configSchema } from '../config.js';
import { consumersOf, placesOf } from './operated.js';

/** The parts of the configuration that an environment says. */
const given = (env: Readonly<Record<string, string>> = {}) => {
  const { OPS_QUEUES, OPS_WORKERS, ORDERED } = configSchema.shape;
  return {
    OPS_QUEUES: OPS_QUEUES.parse(env['OPS_QUEUES']),
    OPS_WORKERS: OPS_WORKERS.parse(env['OPS_WORKERS']),
    ORDERED: ORDERED.parse(env['ORDERED']),
  };
};

const text = (env?: Readonly<Record<string, string>>) =>
  placesOf(given(env)).map(({ name, target }) => (name === target ? name : `${name}=${target}`));

it.each([
  ['false', 'Config.json'],
  ['true', 'Config.ordered.json'],
])('operates everything but the lab where ORDERED is %s, as %s has it', (ORDERED, file) => {
  const topology = parseTopology(
    readFileSync(new URL(`../../../../infra/servicebus/${file}`, import.meta.url), 'utf8'),
  );
  const queues = topology.queues.map(({ name }) => name).filter((name) => name !== 'lab');
  const subscriptions = topology.topics.flatMap((topic) =>
    topic.subscriptions.map(({ name, options }) => `${topic.name}/subscriptions/${name}=${options.forwardTo}`),
  );
  expect(text({ ORDERED }).sort()).toEqual([...queues, ...subscriptions].sort());
});

it('operates what OPS_QUEUES names, and nothing besides', () => {
  const OPS_QUEUES = 'orders,events/subscriptions/billing=billing';
  expect(text({ OPS_QUEUES, ORDERED: 'true' })).toEqual(OPS_QUEUES.split(','));
});

const OPS_WORKERS =
  'orders=http://order-worker:3001,billing=http://billing-worker:3002,analytics=http://analytics:3003';

it('knows who consumes the queues with sessions: who consumes those beside them', () => {
  expect(Object.fromEntries(consumersOf(given({ OPS_WORKERS })))).toEqual({
    orders: 'http://order-worker:3001',
    billing: 'http://billing-worker:3002',
    analytics: 'http://analytics:3003',
  });
  expect(Object.fromEntries(consumersOf(given({ OPS_WORKERS, ORDERED: 'true' })))).toEqual({
    orders: 'http://order-worker:3001',
    'orders-ordered': 'http://order-worker:3001',
    billing: 'http://billing-worker:3002',
    'billing-ordered': 'http://billing-worker:3002',
    analytics: 'http://analytics:3003',
  });
  const named = `${OPS_WORKERS},billing-ordered=http://other:1`;
  const consumers = consumersOf(given({ OPS_WORKERS: named, ORDERED: 'true' }));
  expect(consumers.get('billing-ordered')).toBe('http://other:1');
  expect(consumers.get('billing')).toBe('http://billing-worker:3002');
});
