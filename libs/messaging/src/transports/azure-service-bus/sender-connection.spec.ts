import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { TcpProxy } from '../../testing/tcp-proxy.js';
import { toNative } from '../../native-message.js';
import { managedClient } from './client-factory.js';
import { toServiceBusMessage } from './service-bus-message.js';
import { SenderConnection } from './sender-connection.js';

describe('the sender connection', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  it('moves on to a new client before the token of the old one ends, and loses nothing on the way', async () => {
    const clients: ServiceBusClient[] = [];
    const connectionString = connectionStringTo(environment.broker.port);
    const source = {
      create() {
        const client = new ServiceBusClient(connectionString);
        clients.push(client);
        const replaceAt = environment.now() + 3_000_000;
        return managedClient(client, () => replaceAt);
      },
    };
    const sender = new SenderConnection(source, environment.clock);
    const send = (id: string): Promise<void> =>
      sender.send({ queue: 'work' }, [toServiceBusMessage(toNative(outgoing(id).envelope))]);

    await send('1');
    environment.clock.advance(2_900_000);
    await send('2');
    expect(clients).toHaveLength(1);
    const underWay = send('3');
    environment.clock.advance(100_000);
    await Promise.all([underWay, send('4')]);
    expect(clients).toHaveLength(2);
    await sender.close();

    const work = await receive(await environment.connect(), 'work');
    const seen = new Set<string>();
    while (seen.size < 4) seen.add((await work.complete()).envelope.id);
    expect([...seen].sort()).toEqual(['1', '2', '3', '4']);
  });

  it('splits what does not fit one batch, and keeps the order', async () => {
    const transport = await environment.connect();
    const body = new Uint8Array(60_000).fill(120);
    const ids = Array.from({ length: 20 }, (_, index) => `m-${index}`);
    await transport.send(ids.map((id) => outgoing(id, { body })));
    const work = await receive(transport, 'work');
    const seen: string[] = [];
    while (seen.length < ids.length) seen.push((await work.complete()).envelope.id);
    expect(seen).toEqual(ids);
  });

  it('refuses a message that no batch can hold, naming it', async () => {
    const transport = await environment.connect();
    const giant = outgoing('giant', { body: new Uint8Array(2_000_000) });
    const refused = { code: 'MessageTooLarge', retryable: false, message: expect.stringContaining('giant') };
    await expect(transport.send([giant])).rejects.toMatchObject(refused);
    await expect(transport.send([outgoing('small'), giant])).rejects.toMatchObject(refused);
    await transport.send([outgoing('after')]);
  });

  it('keeps the order of a single message, and of one for a time that has passed, behind a batch', async () => {
    const transport = await environment.connect();
    const past = new Date(environment.now() - 60_000);
    await Promise.all([
      transport.send([outgoing('1'), outgoing('2')]),
      transport.send([outgoing('3')]),
      transport.send([outgoing('4'), { ...outgoing('5'), deliverAt: past }, outgoing('6')]),
    ]);
    const work = await receive(transport, 'work');
    const seen: string[] = [];
    while (seen.length < 6) seen.push((await work.complete()).envelope.id);
    expect(seen).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('rejects when any of several batches is refused', async () => {
    const transport = await environment.connect();
    const body = new Uint8Array(100_000).fill(120);
    environment.broker.faults.add({ kind: 'refuse-sends', entity: 'work', condition: 'amqp:not-allowed' });
    const messages = Array.from({ length: 6 }, (_, index) => outgoing(`m-${index}`, { body }));
    await expect(transport.send(messages)).rejects.toMatchObject({ code: 'BrokerError' });
    expect(environment.broker.faults.list()).toEqual([]);
  });

  it('passes a refusal on at once, and goes on with what comes after it', async () => {
    const transport = await environment.connect();
    environment.broker.faults.add({ kind: 'refuse-sends', entity: 'work', condition: 'amqp:not-allowed' });
    const refused = transport.send([outgoing('refused')]);
    const after = transport.send([outgoing('after')]);
    await expect(refused).rejects.toMatchObject({ code: 'BrokerError', message: expect.stringContaining('refused') });
    await after;
    const work = await receive(transport, 'work');
    expect((await work.complete()).envelope.id).toBe('after');
  });

  it('rejects when one of several destinations refuses, whichever it is', async () => {
    const transport = await environment.connect();
    const nowhere = { queue: 'nowhere' };
    const missing = { code: 'QueueNotFound', retryable: false };
    await expect(transport.send([outgoing('1'), outgoing('x', {}, nowhere)])).rejects.toMatchObject(missing);
    await expect(transport.send([outgoing('x', {}, nowhere), outgoing('2')])).rejects.toMatchObject(missing);
  });

  it('sends again what the broker had stored when the connection was lost, and the broker drops the copy', async () => {
    const transport = await environment.connect({ requestTimeoutMs: 20_000 });
    await transport.send([outgoing('before')]);
    environment.broker.faults.add({ kind: 'lose-send-replies', entity: 'work' });
    const sending = transport.send([outgoing('m')]);
    const work = await receive(await environment.connect(), 'work');
    await work.complete();
    // Stored, and its sender does not know.
    expect((await work.complete()).envelope.id).toBe('m');
    await environment.interrupt();
    await sending;
    await transport.send([outgoing('fence')]);
    expect((await work.complete()).envelope.id).toBe('fence');
  });

  it('closes the connection that it moved on from', async () => {
    const proxy = await TcpProxy.to(environment.broker.port);
    const source = {
      create() {
        const replaceAt = environment.now() + 3_000_000;
        return managedClient(new ServiceBusClient(connectionStringTo(proxy.port)), () => replaceAt);
      },
    };
    const sender = new SenderConnection(source, environment.clock);
    const send = (id: string): Promise<void> =>
      sender.send({ queue: 'work' }, [toServiceBusMessage(toNative(outgoing(id).envelope))]);
    const connections = async (count: number): Promise<void> => {
      while (proxy.connections !== count) await new Promise((resolve) => setImmediate(resolve));
    };
    try {
      await send('1');
      environment.clock.advance(3_000_000);
      // Nothing is under way on the old one.
      await send('2');
      await connections(1);
      const underWay = send('3');
      environment.clock.advance(3_000_000);
      await Promise.all([underWay, send('4')]);
      await connections(1);
      await sender.close();
      await connections(0);
    } finally {
      await proxy.close();
    }
  });
});
