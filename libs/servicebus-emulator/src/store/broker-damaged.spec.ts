import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Broker, startBroker } from '../broker.js';
import { flipped } from './testing/damages.js';

let dir: string;
let broker: Broker | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'broker-'));
});

afterEach(async () => {
  await broker?.close();
  await rm(dir, { recursive: true });
});

async function start(fresh?: boolean): Promise<Broker> {
  broker = await startBroker({ dataDir: dir, fresh });
  return broker;
}

async function withClient<T>(use: (client: ServiceBusClient) => Promise<T>): Promise<T> {
  const client = new ServiceBusClient(broker?.connectionString ?? '');
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

it('refuses to start when the last message that it accepted is damaged, and begins anew when told so', async () => {
  const { namespace, clock, close } = await start();
  namespace.createQueue('q', {}, clock.now());
  await withClient((client) => client.createSender('q').sendMessages({ body: 'accepted' }));
  await close();
  const file = join(dir, 'journal-0000000001');
  const whole = await readFile(file);
  const damaged = flipped(whole, whole.lastIndexOf('accepted'));
  await writeFile(file, damaged);
  await expect(start()).rejects.toThrow(/journal-0000000001 is damaged at byte \d+: the record's checksum is wrong/);
  expect(await readFile(file)).toEqual(damaged);

  expect([...(await start(true)).namespace.registry.all()]).toEqual([]);
  broker?.namespace.createQueue('q', {}, clock.now());
  await withClient((client) => client.createSender('q').sendMessages({ body: 'after' }));
  await broker?.close();
  await start();
  const bodies = await withClient((client) => client.createReceiver('q').peekMessages(9));
  expect(bodies.map(({ body }) => body as string)).toEqual(['after']);
});
