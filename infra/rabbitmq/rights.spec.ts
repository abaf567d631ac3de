import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { APP_NAMES, APPS } from '../kubernetes/tests/workloads.ts';
import { policies, users } from './rights.mjs';

interface Entity {
  readonly Name: string;
}
const config = JSON.parse(readFileSync(join(import.meta.dirname, '../servicebus/Config.json'), 'utf8')) as {
  readonly UserConfig: { readonly Namespaces: readonly [{ readonly Queues: readonly Entity[]; Topics: Entity[] }] };
};
const [{ Queues, Topics }] = config.UserConfig.Namespaces;
const queues = Queues.map(({ Name }) => Name);
const topics = Topics.map(({ Name }) => Name);
/** Copies of what consumers gave up a moment ago, with their bodies. */
const notices = 'messaging.dead-letter-notices';

const allowed = (pattern: string, names: readonly string[]): readonly string[] =>
  names.filter((name) => new RegExp(pattern).test(name));

it('has a user for each app, one for people and one for the scaler', () => {
  expect(users.map(({ name }) => name)).toEqual([...APP_NAMES, 'operations', 'operator', 'scaler']);
});

it.each(APP_NAMES)('lets %s receive from its own queue, make nothing, and see no dead letters', (app) => {
  const { configure = '', read = '', write = '', tags } = users.find(({ name }) => name === app) ?? {};
  const dead = [...queues.map((queue) => `${queue}.dead-letters`), notices];
  const all = [...queues, ...dead, ...topics, 'messaging.delay.3'];
  expect(allowed(configure, all)).toEqual([]);
  expect(allowed(read, all)).toEqual(app === 'order-api' ? ['order-status', 'lab'] : [APPS[app].queue]);
  const publishes = ['order-worker', 'billing-worker'].includes(app);
  expect(allowed(write, all)).toEqual(publishes ? [...topics, 'messaging.delay.3'] : ['messaging.delay.3']);
  expect(tags).toBe('');
});

it('lets operations look into every queue and its dead letters, be told of them, replay them, and make nothing', () => {
  const { configure = '', read = '', write = '' } = users.find(({ name }) => name === 'operations') ?? {};
  const dead = [...queues.filter((queue) => queue !== 'lab').map((queue) => `${queue}.dead-letters`), notices];
  const all = [...queues, ...dead, ...topics];
  expect(allowed(configure, all)).toEqual([]);
  expect(allowed(read, all)).toEqual([...queues, ...dead]);
  expect(allowed(write, [...all, 'amq.default'])).toEqual(['amq.default']);
});

it('lets the scaler in, and nothing more', () => {
  const { configure = '', read = '', write = '' } = users.find(({ name }) => name === 'scaler') ?? {};
  for (const pattern of [configure, read, write]) expect(allowed(pattern, [...queues, ...topics])).toEqual([]);
});

it('limits every work queue, and no dead letters: those would be refused when they are needed most', () => {
  const limited = policies.find(({ name }) => name === 'work-queues')?.pattern ?? '';
  expect(allowed(limited, [...queues, ...queues.map((queue) => `${queue}.dead-letters`)])).toEqual(queues);
});
