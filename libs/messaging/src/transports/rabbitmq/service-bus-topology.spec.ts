import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { describeTopology, readServiceBusTopology } from './index.js';
import { resolveTopology } from './topology.js';

const file = new URL('../../../../../infra/servicebus/Config.json', import.meta.url);

it('reads the topology that Service Bus has, and says what it is on RabbitMQ', () => {
  const topology = readServiceBusTopology(JSON.parse(readFileSync(file, 'utf8')));
  expect(topology.queues).toContainEqual({ name: 'orders', maxDeliveryCount: 20 });
  expect(topology.topics?.['events']?.['billing']).toEqual({ forwardTo: 'billing', types: ['order.accepted'] });
  const lines = describeTopology(topology).split('\n');
  expect(lines).toContain('binding events -> queue billing order.accepted');
  expect(lines).toContain(
    'queue orders (durable) x-queue-type=quorum x-dead-letter-exchange= x-dead-letter-routing-key=orders.dead-letters x-delivery-limit=19 x-dead-letter-strategy=at-least-once x-overflow=reject-publish',
  );
});

it('refuses what has no counterpart, all of it at once', () => {
  const queue = { Name: 'q', Properties: { RequiresSession: true, ForwardTo: 'other' } };
  const rule = { Name: 'r', Properties: { FilterType: 'Sql' } };
  const topic = { Name: 't', Subscriptions: [{ Name: 's', Properties: { ForwardTo: 'q' }, Rules: [rule] }] };
  const read = () => readServiceBusTopology({ UserConfig: { Namespaces: [{ Queues: [queue], Topics: [topic] }] } });
  expect(read).toThrow(
    'The file cannot be used for RabbitMQ: queue "q" requires sessions; queue "q" forwards; rule "r" of subscription "t/s" is no filter by label alone.',
  );
});

it('refuses a topology that cannot be, with all that is wrong', () => {
  const make = () =>
    resolveTopology({
      queues: [{ name: 'q', maxDeliveryCount: 0 }, { name: 'q' }, { name: 'amq.x' }, { name: 'x'.repeat(250) }],
      topics: { t: { s: { forwardTo: 'nowhere', types: ['#', 'a.*'] } } },
    });
  for (const problem of [
    'queue "q": maxDeliveryCount must be a whole number from 1 to 2000, not 0',
    'queue "q" is named twice',
    'the queue name "amq.x" is reserved',
    'is too long',
    't/s forwards to "nowhere", which is no queue',
    't/s wants the type "#", which would be a pattern',
    't/s wants the type "a.*", which would be a pattern',
  ]) {
    expect(make).toThrow(problem);
  }
});
