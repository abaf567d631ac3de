import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { createCatalogue } from '@orderflow/contracts';
import { brokerVariables, labVariables, orderedQueue } from '@orderflow/service-kit';
import { parseTopology } from '@orderflow/servicebus-emulator';

const checkout = new URL('../../../../', import.meta.url);
const topology = parseTopology(readFileSync(new URL('infra/servicebus/Config.json', checkout), 'utf8'));
const queues = topology.queues.map(({ name }) => name).sort();
const defaultOf = (schema: { parse(value: undefined): unknown }) => String(schema.parse(undefined));

/** The queues that services name in their code, from their composition. */
function queuesInCode(): string[] {
  const apps = readdirSync(new URL('apps/', checkout)).filter((name) => /^order-api$|-worker$/.test(name));
  return apps.flatMap((app) => {
    const folder = new URL(`apps/${app}/src/`, checkout);
    const sources = readdirSync(folder).filter((name) => /^(main|compose-.*)\.ts$/.test(name));
    return sources.flatMap((name) =>
      [...readFileSync(new URL(name, folder), 'utf8').matchAll(/\bqueue: '([^']+)'/g)].map((match) => match[1] ?? ''),
    );
  });
}

it('has the queues that the services consume, and no other', () => {
  const configured = [defaultOf(brokerVariables.QUEUE_NAME), defaultOf(labVariables.LAB_QUEUE_NAME)];
  expect([...queuesInCode(), ...configured].sort()).toEqual(queues);
});

it('forwards the topic that the services publish to, into queues that exist', () => {
  expect(topology.topics.map(({ name }) => name)).toEqual([defaultOf(brokerVariables.TOPIC_NAME)]);
  const [events] = topology.topics;
  for (const { name, options } of events?.subscriptions ?? []) {
    expect(queues).toContain(name);
    expect(options.forwardTo).toBe(name);
  }
});

it('has an ordered form: the same, and beside each queue of a subscription with orders one with sessions', () => {
  const file = new URL('infra/servicebus/Config.ordered.json', checkout);
  const { queues: all, topics } = parseTopology(readFileSync(file, 'utf8'));
  const ordered = ['orders', 'billing', 'order-status'];
  expect(all.filter(({ options }) => !options.requiresSession)).toEqual(topology.queues);
  expect(all.filter(({ options }) => options.requiresSession)).toEqual(
    topology.queues
      .filter(({ name }) => ordered.includes(name))
      .map(({ name, options, ...rest }) => ({
        ...rest,
        name: orderedQueue(name),
        options: { ...options, requiresSession: true },
      })),
  );
  const forwards = topology.topics.map(({ subscriptions, ...topic }) => ({
    ...topic,
    subscriptions: subscriptions.map(({ options, ...subscription }) => {
      const forwardTo = ordered.includes(subscription.name) ? orderedQueue(subscription.name) : options.forwardTo;
      return { ...subscription, options: { ...options, forwardTo } };
    }),
  }));
  expect(topics).toEqual(forwards);
});

it('filters for types that contracts have', () => {
  const types = createCatalogue({ defaultCurrency: 'EUR' })
    .filter(({ kind }) => kind === 'event')
    .map(({ type }) => type);
  const filtered = topology.topics
    .flatMap(({ subscriptions }) => subscriptions.flatMap(({ rules }) => rules.map(({ filter }) => filter)))
    .flatMap((filter) => (filter.kind === 'correlation' ? [filter.subject ?? 'no subject'] : []));
  expect(filtered.length).toBeGreaterThan(0);
  for (const type of filtered) expect(types).toContain(type);
});
