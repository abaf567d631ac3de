import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Broker, parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { AzureServiceBusTransport } from './service-bus-transport.js';
import { resolveOptions } from './options.js';

const queues = ['work', 'other'];
const topology = parseTopology(
  JSON.stringify({ UserConfig: { Namespaces: [{ Name: 'n', Queues: queues.map((Name) => ({ Name })) }] } }),
);

let broker: Broker;
let transport: AzureServiceBusTransport;
/** What the file with the connection string holds, and how often it was read. */
let file: string | undefined;
let read: number;

beforeEach(async () => {
  broker = await startBroker({ topology, requireAuth: true });
  regenerate('first');
  write('first');
  read = 0;
  const connectionString = (): string => {
    read += 1;
    if (file === undefined) throw new Error('The file is being replaced.');
    return file;
  };
  transport = new AzureServiceBusTransport({ connectionString }, resolveOptions({ maxReconnectDelayMs: 50 }));
});
afterEach(async () => {
  await transport.close();
  await broker.close();
});

/** The only key that opens the queues is this one from now on; links that are open stay so, as on Azure. */
function regenerate(primaryKey: string): void {
  const rule = { keyName: 'app', primaryKey, secondaryKey: undefined, rights: ['Send', 'Listen'] as const };
  for (const queue of queues) broker.namespace.update(queue, { authorizationRules: [rule] }, broker.clock.now());
}

function write(key: string): void {
  file = `Endpoint=sb://127.0.0.1:${broker.port};SharedAccessKeyName=app;SharedAccessKey=${key};UseDevelopmentEmulator=true`;
}

describe('a connection whose key was regenerated', () => {
  it('is followed by one with the new key when it opens another link, and the send does not fail', async () => {
    await transport.send([outgoing('1')]);
    regenerate('second');
    write('second');
    await transport.send([outgoing('2', {}, { queue: 'other' })]);
    await transport.send([outgoing('3')]);
    expect((await (await receive(transport, 'other')).complete()).envelope.id).toBe('2');
  });

  it('is kept while there is no other key: the send fails, and succeeds when there is one', async () => {
    await transport.send([outgoing('1')]);
    regenerate('second');
    const refused = transport.send([outgoing('2', {}, { queue: 'other' })]);
    await expect(refused).rejects.toMatchObject({ code: 'Unauthorized' });
    await transport.send([outgoing('3')]);
    expect(broker.connections).toBe(1);
    file = undefined;
    await expect(transport.send([outgoing('2', {}, { queue: 'other' })])).rejects.toMatchObject({
      code: 'Unauthorized',
    });
    write('second');
    await transport.send([outgoing('2', {}, { queue: 'other' })]);
  });

  it('reads the file for new connections and refusals only', async () => {
    const before = read;
    for (const id of ['1', '2', '3']) await transport.send([outgoing(id)]);
    expect(read).toBe(before);
  });

  it('lets who looks at dead letters in with the new key, the next time', async () => {
    await transport.deadLetters.peek('work');
    regenerate('second');
    write('second');
    await expect(transport.deadLetters.peek('other')).rejects.toMatchObject({ code: 'Unauthorized' });
    expect(await transport.deadLetters.peek('other')).toEqual({ letters: [] });
  });

  it('goes on receiving with the new key as soon as it is there, and loses nothing', async () => {
    const work = await receive(transport, 'work');
    regenerate('second');
    // Its link has to be attached again, which the old key does not do.
    broker.faults.disrupt({ kind: 'detach-links', entity: 'work' });
    while (!work.errors.some(({ code }) => code === 'Unauthorized')) await new Promise(setImmediate);
    write('second');
    await transport.send([outgoing('1')]);
    expect((await work.complete()).envelope.id).toBe('1');
    expect(work.subscription.health().state).toBe('running');
  });
});
