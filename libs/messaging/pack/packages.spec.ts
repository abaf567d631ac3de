import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '@orderflow/local-postgres/testing';
import { type Broker, startBroker } from '@orderflow/servicebus-emulator';
import Long from 'long';
import pg from 'pg';
import { Installation, type Outcome, pack } from './installation.js';

const libraries = join(import.meta.dirname, '..', '..');
const nest = ['@nestjs/common', '@nestjs/core', '@nestjs/microservices', '@nestjs/platform-fastify', 'rxjs'];
const peers = ['@azure/service-bus', '@opentelemetry/api', 'amqplib', 'long', 'pg', ...nest, 'reflect-metadata', 'zod'];
const types = ['@types/node', '@types/pg'];

/** The last line of each is wrong, and nothing else. */
const WRONG: readonly { readonly program: string; readonly error: string }[] = [
  {
    program: `import { createEnvelopeWriter } from '@orderflow/messaging';
import { orderPaid } from './contracts.js';
createEnvelopeWriter('/shop')(orderPaid, { parcels: 1, orderId: 7 });`,
    error: "TS2322: Type 'number' is not assignable to type 'string'",
  },
  {
    program: `import { handle, type Message } from '@orderflow/messaging';
import { orderPaid } from './contracts.js';
handle(orderPaid, async (message: Message<{ userId: string }>) => console.log(message.payload.userId));`,
    error: "TS2345: Argument of type '(message: Message<{ userId: string; }>) =>",
  },
  {
    program: `import { handle } from '@orderflow/messaging';
import { orderPaid } from './contracts.js';
handle(orderPaid, async ({ payload }) => console.log(payload.userId));`,
    error: "TS2339: Property 'userId' does not exist on type '{ orderId: string; parcels: number; }'",
  },
  {
    program: `import { MessageHandler } from '@orderflow/messaging/nest';
import { orderPaid } from './contracts.js';
export class Parcels { @MessageHandler(orderPaid) pack(user: { userId: string }) { console.log(user); } }`,
    error: 'TS1241: Unable to resolve signature of method decorator',
  },
];

/** The suites for adapters, run by somebody who has no test framework. */
const SUITES = `import { afterEach, beforeEach, describe, it } from 'node:test';
import { createMemoryMessaging } from '@orderflow/messaging';
import { inboxSuite, memoryHarness, sessionSuite, transportSuite } from '@orderflow/messaging/testing/suites';
transportSuite(memoryHarness, { describe, it });
sessionSuite(memoryHarness, { describe, it });
inboxSuite('memory', async () => {
  const effects = [];
  return {
    inbox: createMemoryMessaging().inbox,
    apply: async (tx, value) => tx.onCommit(() => effects.push(value)),
    effects: async () => effects.sort(),
    close: async () => {},
  };
}, { describe, it, beforeEach, afterEach });`;

/** The programs of a page, by the name in each one's first line, and the tsconfig.json it shows. */
function programsOf(page: string): ReadonlyMap<string, string> {
  const programs = [...page.matchAll(/^```ts\n\/\/ (\S+\.ts)\n(.*?)^```$/gms)];
  const [, config = ''] = /^```json\n(.*?)^```$/ms.exec(page) ?? [];
  return new Map([...programs.map(([, name = '', text = '']) => [name, text] as const), ['tsconfig.json', config]]);
}

/** With the libraries and everything they can use. */
let full: Installation;
/** With messaging alone: no peer is installed. */
let bare: Installation;
/** How compiling the programs of the pages ended, with nobody's declarations skipped. */
let compiled: Outcome;
beforeAll(async () => {
  [full, bare] = await Promise.all([Installation.create(), Installation.create()]);
  const messaging = await pack('messaging', full.folder);
  const contracts = await pack('contracts', full.folder);
  await bare.install([messaging]);
  await full.install([messaging, contracts], [...peers, ...types]);
  const pages = ['messaging', 'contracts'].map((name) => readFile(join(libraries, name, 'README.md'), 'utf8'));
  for (const page of await Promise.all(pages)) {
    for (const [name, text] of programsOf(page)) if (text !== '') await full.write(name, text);
  }
  await full.write('entries.ts', await importEverything());
  compiled = await full.compile();
}, 240_000);
afterAll(() => Promise.all([full.remove(), bare.remove()]));

/** Every entry of an installed package, as it is imported. */
async function entriesOf(installation: Installation, name: string): Promise<string[]> {
  const manifest = await readFile(join(installation.folder, 'node_modules', name, 'package.json'), 'utf8');
  const { exports } = JSON.parse(manifest) as { exports: Record<string, unknown> };
  return Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => name + path.slice(1));
}

const allEntries = async (): Promise<string[]> => [
  ...(await entriesOf(full, '@orderflow/messaging')),
  ...(await entriesOf(full, '@orderflow/contracts')),
];

/** A program that needs the types of every entry. */
async function importEverything(): Promise<string> {
  return (await allEntries())
    .map((entry, index) => `import * as entry${index} from '${entry}';\nvoid entry${index};`)
    .join('\n');
}

describe('the packages, installed from their tarballs', () => {
  it('bring nothing private, and no tests', async () => {
    for (const name of ['@orderflow/messaging', '@orderflow/contracts']) {
      const folder = join(full.folder, 'node_modules', name);
      const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, object>;
      const needed = Object.keys({ ...manifest['dependencies'], ...manifest['peerDependencies'] });
      expect(needed.filter((dependency) => dependency.startsWith('@orderflow/'))).toEqual([]);
      expect(manifest).toMatchObject({ license: 'MIT', engines: { node: '>=22.12' } });
      await expect(readFile(join(folder, 'LICENSE'), 'utf8')).resolves.toContain('MIT');
    }
    const listed = await bare.node(
      '--input-type=module',
      '-e',
      `
      import { globSync } from 'node:fs';
      console.log(globSync('node_modules/@orderflow/messaging/**/*.spec.*').length);`,
    );
    expect(listed).toEqual({ code: 0, output: '0' });
  });

  it('load every entry', async () => {
    const program = (await allEntries()).map(
      (entry) => `if (Object.keys(await import('${entry}')).length === 0) throw '${entry}';`,
    );
    expect(program.length).toBeGreaterThan(6);
    expect(await full.node('--input-type=module', '-e', program.join('\n'))).toEqual({ code: 0, output: '' });
  });

  it('compile under strict and "moduleResolution": "nodenext", with every program of the pages', () => {
    expect(compiled).toEqual({ code: 0, output: '' });
  });

  it('have types under "moduleResolution": "bundler" too', async () => {
    const compilerOptions = { module: 'esnext', moduleResolution: 'bundler', noEmit: true };
    const config = { extends: './tsconfig.json', compilerOptions, files: ['entries.ts'] };
    await full.write('tsconfig.bundler.json', JSON.stringify(config));
    expect(await full.compile('tsconfig.bundler.json')).toEqual({ code: 0, output: '' });
  });

  it('let no wrong payload compile', async () => {
    const files = WRONG.map((_, index) => `wrong-${index}.ts`);
    await Promise.all(WRONG.map(({ program }, index) => full.write(`wrong-${index}.ts`, program)));
    const compilerOptions = { noEmit: true, skipLibCheck: true };
    await full.write('tsconfig.wrong.json', JSON.stringify({ extends: './tsconfig.json', compilerOptions, files }));
    const { code, output } = await full.compile('tsconfig.wrong.json');
    expect(code).not.toBe(0);
    const errors = output.split('\n').filter((line) => !line.startsWith(' '));
    expect(errors.map((line) => line.replace(/\d+\): error /, ''))).toEqual(
      WRONG.map(({ error }, index) => expect.stringContaining(`wrong-${index}.ts(3,${error}`)),
    );
  });

  it.each([
    ['azure-service-bus', '@azure/service-bus and long: npm i @azure/service-bus long'],
    ['rabbitmq', 'amqplib: npm i amqplib'],
    ['postgres', 'pg: npm i pg'],
    [
      'nest',
      '@nestjs/common and @nestjs/core and @nestjs/microservices and rxjs: ' +
        'npm i @nestjs/common @nestjs/core @nestjs/microservices rxjs',
    ],
  ])('say what to install when …/%s misses its peers', async (entry, needs) => {
    const { code, output } = await bare.node('--input-type=module', '-e', `import '@orderflow/messaging/${entry}';`);
    expect(code).toBe(1);
    expect(output).toContain(`Error: @orderflow/messaging/${entry} needs ${needs}`);
    expect(output).not.toContain('ERR_MODULE_NOT_FOUND');
  });

  it('need nothing else for the core, memory and testing', async () => {
    const program = ['', '/memory', '/testing', '/testing/suites']
      .map((entry) => `await import('@orderflow/messaging${entry}');`)
      .join('');
    expect(await bare.node('--input-type=module', '-e', program)).toEqual({ code: 0, output: '' });
  });

  it('run the suite of transports and those of stores under the test runner of Node.js', async () => {
    await bare.write('suites.test.js', SUITES);
    const { code, output } = await bare.node('--test', '--test-reporter=tap', 'suites.test.js');
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/^# fail 0$/m) });
    for (const sentence of [
      'keeps the order of messages to one destination, within a send and between sends',
      'delivers a session in its order, one at a time, and several sessions beside each other',
      'handles one of many deliveries at the same time',
    ]) {
      expect(output).toMatch(new RegExp(`^ *ok \\d+ - ${sentence}$`, 'm'));
    }
  });
});

describe('the programs of the README', () => {
  let broker: Broker;
  let client: ServiceBusClient;
  let database: TestDatabase;
  let env: Record<string, string>;
  beforeAll(async () => {
    broker = await startBroker();
    const now = broker.clock.now();
    broker.namespace.createQueue('shipping', {}, now);
    broker.namespace.createQueue('packed', {}, now);
    broker.namespace.createTopic('events', {}, now);
    broker.namespace.createSubscription('events/subscriptions/packed', { forwardTo: 'packed' }, now);
    client = new ServiceBusClient(broker.connectionString);
    database = await cloneDatabase({ template: 'packages', prepare: () => Promise.resolve() });
    env = { SERVICEBUS_CONNECTION_STRING: broker.connectionString, DATABASE_URL: database.url, PORT: '0' };
    expect(await full.run(env, 'migrate.js')).toEqual({ code: 0, output: '' });
  }, 120_000);
  afterAll(async () => {
    await client?.close();
    await broker?.close();
    await database?.drop();
  });

  /** @returns the parcels of an order, once the program has written them down */
  async function parcelsOf(orderId: string): Promise<number> {
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    try {
      for (;;) {
        const { rows } = await pool.query<{ parcels: number }>('SELECT parcels FROM parcels WHERE order_id = $1', [
          orderId,
        ]);
        if (rows[0] !== undefined) return rows[0].parcels;
      }
    } finally {
      await pool.end();
    }
  }

  /** Resolves once a message of the queue was dead-lettered. */
  async function deadLettered(): Promise<void> {
    const receiver = client.createReceiver('shipping', { subQueueType: 'deadLetter' });
    while ((await receiver.peekMessages(1, { fromSequenceNumber: Long.ZERO })).length === 0);
    await receiver.close();
  }

  it('run on plain Node.js with PostgreSQL: consume, publish, dead-letter, replay, report, close', async () => {
    const shipping = await full.start(env, 'shipping.js');
    expect(await full.run(env, 'publish.js', 'order-1', '2')).toEqual({ code: 0, output: '' });
    const [packed] = await client.createReceiver('packed').receiveMessages(1);
    expect(packed).toMatchObject({ subject: 'parcels.packed' });
    expect(await parcelsOf('order-1')).toBe(2);
    const health = await fetch(shipping.url);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ consumer: { state: 'running' }, relay: { state: 'running' } });
    await full.run(env, 'publish.js', 'order-2', '101');
    await deadLettered();
    const listed = 'order.paid TooManyParcels: Order order-2 has 101 parcels.';
    expect(await full.run(env, 'dead-letters.js')).toEqual({ code: 0, output: listed });
    expect(await full.run(env, 'dead-letters.js', '--replay')).toEqual({ code: 0, output: `${listed}\nreplayed 1` });
    await deadLettered();
    expect(await shipping.stop()).toMatchObject({ code: 0, output: expect.not.stringContaining('Error') });
  }, 60_000);

  it('run in a Nest app', async () => {
    const app = await full.start(env, 'nest-app.js');
    await full.run(env, 'publish.js', 'order-3', '3');
    expect(await parcelsOf('order-3')).toBe(3);
    expect(await (await fetch(`${app.url}/health`)).json()).toMatchObject({
      consuming: { status: 'up', state: 'running' },
    });
    await app.stop();
  }, 60_000);

  it('give a handler of the catalogue its payload', async () => {
    expect(await full.node('cancel.js')).toEqual({ code: 0, output: 'true\norder-1: ordered twice' });
  });

  it('test a retry with the memory transport', async () => {
    expect(await full.node('--test', 'retry.test.js')).toMatchObject({ code: 0 });
  });
});
