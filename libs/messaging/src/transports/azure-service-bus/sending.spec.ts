import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import { toNative } from '../../wire.js';
import { leaseOf } from './client-factory.js';
import { toServiceBusMessage } from './native-message.js';
import { Sending } from './sending.js';

describe('sending', () => {
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
        return leaseOf(client, () => replaceAt);
      },
    };
    const sending = new Sending(source, environment.clock);
    const send = (id: string): Promise<void> =>
      sending.send({ queue: 'work' }, [toServiceBusMessage(toNative(outgoing(id).envelope))]);

    await send('1');
    environment.clock.advance(2_900_000);
    await send('2');
    expect(clients).toHaveLength(1);
    const underWay = send('3');
    environment.clock.advance(100_000);
    await Promise.all([underWay, send('4')]);
    expect(clients).toHaveLength(2);
    await sending.close();

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
});
