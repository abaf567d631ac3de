import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { orderflow } from '../test/command-line.js';
import { brokerOf, brokerVariablesOf, findBroker } from './broker-transport.js';
import type { CommandContext } from './command-context.js';
import { ownBrokerOf } from './up/own-broker.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orderflow-cli-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const url = 'amqp://user:secret@rabbit:5672/shop';
const find = (environment: NodeJS.ProcessEnv) =>
  findBroker({ environment, workspace: { runtimeFile: join(root, 'runtime.json') } } as CommandContext);

describe('the broker of a command', () => {
  it('is of the kind that is asked for, whatever else is named', () => {
    const both = { SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://a', RABBITMQ_URL: url };
    expect(find(both)).toEqual({ connectionString: 'Endpoint=sb://a' });
    expect(find({ ...both, MESSAGING_TRANSPORT: 'rabbitmq' })).toEqual({ rabbitMqUrl: url });
  });

  it('is read from the file of its secret', () => {
    const file = join(root, 'url');
    writeFileSync(file, `${url}\n`);
    expect(find({ MESSAGING_TRANSPORT: 'rabbitmq', RABBITMQ_URL_FILE: file })).toEqual({ rabbitMqUrl: url });
    writeFileSync(file, 'Endpoint=sb://b');
    expect(find({ SERVICEBUS_CONNECTION_STRING_FILE: file })).toEqual({ connectionString: 'Endpoint=sb://b' });
  });

  it('is refused with everything that is wrong with such files, and nothing that is in them', () => {
    const both = { RABBITMQ_URL: url, RABBITMQ_URL_FILE: join(root, 'none') };
    const empty = join(root, 'empty');
    writeFileSync(empty, '');
    expect(() => find({ ...both, SERVICEBUS_CONNECTION_STRING_FILE: empty })).toThrow(
      `SERVICEBUS_CONNECTION_STRING_FILE: the file ${empty} is empty. RABBITMQ_URL_FILE and RABBITMQ_URL are both set: ` +
        `choose one. RABBITMQ_URL_FILE: the file ${join(root, 'none')} cannot be read (ENOENT).`,
    );
  });

  it('is missed in words that say what to set', () => {
    expect(() => find({ MESSAGING_TRANSPORT: 'rabbitmq', SERVICEBUS_CONNECTION_STRING: 'x' })).toThrow(
      'Set RABBITMQ_URL, or run `npm start -- --transport rabbitmq`.',
    );
    expect(() => find({})).toThrow(/^There is no broker: start the system with npm start/);
  });

  it('is the only one that a service is led to', () => {
    expect(brokerVariablesOf({ rabbitMqUrl: url })).toEqual({
      MESSAGING_TRANSPORT: 'rabbitmq',
      RABBITMQ_URL: url,
      SERVICEBUS_CONNECTION_STRING: '',
      SERVICEBUS_FULLY_QUALIFIED_NAMESPACE: '',
    });
    expect(brokerOf({ rabbitmq: { url } } as never)).toEqual({ rabbitMqUrl: url });
  });
});

describe('the broker of orderflow up', () => {
  it.each([
    [{}, 'embedded'],
    [{ MESSAGING_TRANSPORT: 'rabbitmq' }, 'rabbitmq'],
    [{ MESSAGING_TRANSPORT: 'rabbitmq', RABBITMQ_URL: url }, undefined],
    [{ MESSAGING_TRANSPORT: 'rabbitmq', SERVICEBUS_CONNECTION_STRING: 'x' }, 'rabbitmq'],
    [{ SERVICEBUS_CONNECTION_STRING: 'x' }, undefined],
  ])('is for %j: %s', (environment, own) => {
    expect(ownBrokerOf(environment)).toBe(own);
  });
});

describe('orderflow topology', () => {
  const topologyFile = new URL('../../../infra/servicebus/Config.json', import.meta.url).pathname;

  it('prints what there will be on RabbitMQ, for people and as definitions', async () => {
    const environment = { BROKER_TOPOLOGY: topologyFile };
    const printed = await orderflow(root, environment, 'topology', 'print');
    expect(printed.output.split('\n')).toContain('binding events -> queue billing order.accepted');
    const json = await orderflow(root, environment, 'topology', 'print', '--json', '--vhost', 'shop');
    const { queues } = JSON.parse(json.output) as { queues: { name: string; vhost: string }[] };
    expect(queues).toContainEqual(expect.objectContaining({ name: 'billing.dead-letters', vhost: 'shop' }));
  });

  it('names the file that cannot be read', async () => {
    const { code, errors } = await orderflow(root, { BROKER_TOPOLOGY: join(root, 'none.json') }, 'topology', 'print');
    expect([code, errors]).toEqual([1, expect.stringMatching(/cannot be read from .*none\.json: ENOENT/)]);
  });

  it('says who makes that of Service Bus', async () => {
    const environment = {
      BROKER_TOPOLOGY: topologyFile,
      MESSAGING_TRANSPORT: '',
      SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://localhost;SharedAccessKeyName=k;SharedAccessKey=k',
    };
    const { code, errors } = await orderflow(root, environment, 'topology', 'apply');
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(/made by infra\/terraform.*MESSAGING_TRANSPORT=rabbitmq/),
    ]);
  });

  it('shows no password of a RabbitMQ that cannot be reached', async () => {
    const environment = {
      BROKER_TOPOLOGY: topologyFile,
      MESSAGING_TRANSPORT: 'rabbitmq',
    };
    const address = 'amqp://user:hidden@127.0.0.1:1/shop';
    const file = join(root, 'url');
    writeFileSync(file, address);
    for (const [name, value] of [
      ['RABBITMQ_URL', address],
      ['RABBITMQ_URL_FILE', file],
    ] as const) {
      const ran = await orderflow(root, { ...environment, [name]: value }, 'dlq', 'list', 'orders');
      expect([ran.code, ran.errors]).toEqual([1, expect.stringMatching(/127\.0\.0\.1:1/)]);
      expect(ran.output + ran.errors).not.toContain('hidden');
    }
  });
});
