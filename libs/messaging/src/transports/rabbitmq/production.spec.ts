import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { sharedServer } from '../../../test/rabbitmq/shared-server.js';
import { manage, VirtualHost } from '../../../test/rabbitmq/virtual-host.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { createEnvelopeWriter } from '../../envelope-writer.js';
import type { WatchedLetter } from '../../dead-letter/dead-letters.js';
import type { Delivery } from '../../transport.js';
import { createRabbitMqTransport, readServiceBusTopology, topologyDefinitions } from './index.js';
import type { RabbitMqTransport } from './rabbitmq-transport.js';

const infra = new URL('../../../../../infra/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, infra), 'utf8');
const topology = {
  ...readServiceBusTopology(JSON.parse(read('servicebus/Config.json'))),
  longestDelayMs: 90 * 86_400_000,
  deadLetterNotices: true,
};
const definitions = JSON.parse(read('rabbitmq/definitions.json')) as {
  readonly vhosts: readonly { readonly name: string }[];
  readonly policies: readonly object[];
};
const productionHost = 'orderflow';

interface SetUp {
  setUp(options: {
    readonly management: string;
    readonly virtualHost: string;
    readonly passwordOf: (user: string) => string;
    readonly prefix: string;
  }): Promise<void>;
}

const write = createEnvelopeWriter('/spec');
const contract = { type: 'order.accepted', version: 1, kind: 'event' as const, parse: (value: unknown) => value };

it('has definitions for production that are the topology of the system, and the policies of its rights', async () => {
  const { policies } = (await import(new URL('rabbitmq/rights.mjs', infra).href)) as { policies: object[] };
  expect(definitions).toEqual({
    vhosts: [{ name: productionHost }],
    policies: policies.map((policy) => ({ vhost: productionHost, ...policy })),
    ...topologyDefinitions(topology, productionHost),
  });
});

whereInstalled(() => {
  let virtualHost: VirtualHost;
  let transports: RabbitMqTransport[];
  let prefix: string;

  beforeEach(async () => {
    const place = await sharedServer();
    virtualHost = await VirtualHost.create(place);
    prefix = `${virtualHost.name}-`;
    transports = [];
    const text = JSON.stringify(definitions).replaceAll(`"${productionHost}"`, `"${virtualHost.name}"`);
    await manage(place, 'POST', 'definitions', JSON.parse(text));
    const { setUp } = (await import(new URL('rabbitmq/set-up.mjs', infra).href)) as SetUp;
    const management = `http://guest:guest@127.0.0.1:${place.managementPort}`;
    const options = { management, virtualHost: virtualHost.name, passwordOf: () => 'secret', prefix };
    // Twice: what is there is brought up to date.
    for (const _ of [1, 2]) await setUp(options);
  });

  afterEach(async () => {
    await Promise.all(transports.map((transport) => transport.close()));
    for (const { name } of (await import(new URL('rabbitmq/rights.mjs', infra).href)).users) {
      await manage(virtualHost.place, 'DELETE', `users/${prefix}${name}`);
    }
    await virtualHost.remove();
  });

  function connect(user: string): RabbitMqTransport {
    const transport = createRabbitMqTransport(
      { url: virtualHost.url(undefined, `${prefix}${user}:secret`) },
      { topology, maxReconnectDelayMs: 500 },
    );
    transports.push(transport);
    return transport;
  }

  it('imports them, and finds no difference to the topology', async () => {
    expect(await connect('operator').applyTopology()).toBe('asserted');
  });

  it('lets each app do its work and no more, without the right to make anything', async () => {
    const [orders, billing] = [connect('order-worker'), connect('billing-worker')];
    expect(await billing.applyTopology()).toBe('checked');
    const received = Promise.withResolvers<Delivery>();
    await billing.subscribe(
      'billing',
      async (delivery) => {
        if (delivery.attempt === 1) return { kind: 'retry', delayMs: 1_000, reason: 'once more' };
        received.resolve(delivery);
        return { kind: 'dead-letter', reason: 'Bad', detail: 'It is bad.' };
      },
      { concurrency: 1, onError: () => {} },
    );
    await orders.send([{ to: { topic: 'events' }, envelope: write(contract, {}, { id: 'a' }) }]);
    expect((await received.promise).attempt).toBe(2);

    const refused = { code: 'Unauthorized', retryable: false };
    const other = billing.subscribe('orders', async () => ({ kind: 'complete' }), {
      concurrency: 1,
      onError: () => {},
    });
    await expect(other).rejects.toMatchObject(refused);
    const event = { to: { topic: 'events' }, envelope: write(contract, {}, { id: 'b' }) };
    await expect(connect('analytics-worker').send([event])).rejects.toMatchObject(refused);
    await expect(billing.deadLetters.discard('billing')).rejects.toMatchObject(refused);
    expect((await connect('scaler').inspection.counts('orders')).active).toBe(0);
  });

  it('tells operations, and nobody else, of what an app gave up', async () => {
    const [billing, operations] = [connect('billing-worker'), connect('operations')];
    await connect('operator').send([{ to: { queue: 'billing' }, envelope: write(contract, {}, { id: 'a' }) }]);
    const bad = { kind: 'dead-letter', reason: 'Bad', detail: 'It is bad.' } as const;
    await billing.subscribe('billing', async () => bad, { concurrency: 1, onError: () => {} });
    const ending = new AbortController();
    const seen: string[] = [];
    const take = async (letters: readonly WatchedLetter[]) => {
      seen.push(...letters.map(({ queue, letter }) => `${queue} ${letter.id}`));
      ending.abort();
    };
    await operations.deadLetters.watch?.(take, ending);
    expect(seen).toEqual(['billing a']);
    const refused = billing.deadLetters.watch?.(take, new AbortController());
    await expect(refused).rejects.toMatchObject({ code: 'Unauthorized', retryable: false });
  });

  it('waits out a topology that differs, says what it is, and receives once that is mended', async () => {
    const queues = [{ name: 'billing', maxDeliveryCount: 7 }];
    const other = createRabbitMqTransport(
      { url: virtualHost.url(undefined, `${prefix}operator:secret`) },
      { topology: { queues, longestDelayMs: topology.longestDelayMs }, maxReconnectDelayMs: 100 },
    );
    transports.push(other);
    const reported: string[] = [];
    const subscription = await other.subscribe('billing', async () => ({ kind: 'complete' }), {
      concurrency: 1,
      onError: ({ code }) => reported.push(code),
    });
    expect(subscription.health()).toMatchObject({
      state: 'connecting',
      detail: expect.stringMatching(/another topology: queue "billing": inequivalent arg 'x-delivery-limit'/),
    });
    expect(reported[0]).toBe('InvalidTopology');
    await manage(virtualHost.place, 'DELETE', `queues/${virtualHost.name}/billing`);
    while (subscription.health().state !== 'running') await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it('may be operated: dead letters are seen and replayed by the operator', async () => {
    const operator = connect('operator');
    await operator.send([{ to: { queue: 'billing.dead-letters' }, envelope: write(contract, {}, { id: 'a' }) }]);
    expect((await operator.deadLetters.peek('billing')).letters.map(({ id }) => id)).toEqual(['a']);
    expect(await operator.deadLetters.replay('billing')).toMatchObject({ replayed: 1 });
  });
});
