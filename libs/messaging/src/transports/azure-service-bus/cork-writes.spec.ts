import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { corkWrites } from './cork-writes.js';

const count = 16;

describe('the connection of a client', () => {
  let environment: ServiceBusEnvironment;
  let client: ServiceBusClient;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
    client = new ServiceBusClient(connectionStringTo(environment.broker.port));
  });
  afterEach(async () => {
    await client.close();
    await environment.close();
  });

  /** How often the client writes to its socket while `work` runs. */
  async function writesDuring(work: () => Promise<unknown>): Promise<number> {
    const { socket } = (
      client as unknown as { _connectionContext: { connection: { _connection: { socket: Socket } } } }
    )._connectionContext.connection._connection;
    let writes = 0;
    const { _write: write, _writev: writev } = socket;
    socket._write = (...call) => {
      writes += 1;
      write.apply(socket, call);
    };
    socket._writev = (...call) => {
      writes += 1;
      writev?.apply(socket, call);
    };
    try {
      await work();
    } finally {
      Object.assign(socket, { _write: write, _writev: writev });
    }
    return writes;
  }

  /** Receives messages and completes each in a tick of its own, all in one turn of the event loop. */
  async function settle(): Promise<number> {
    await client.createSender('work').sendMessages(Array.from({ length: count }, (_, n) => ({ body: n })));
    const receiver = client.createReceiver('work');
    const received: ServiceBusReceivedMessage[] = [];
    while (received.length < count) received.push(...(await receiver.receiveMessages(count - received.length)));
    const inATickOfItsOwn = async (): Promise<void> => new Promise(setImmediate);
    const writes = await writesDuring(() =>
      Promise.all(
        received.map(async (message) => {
          await inATickOfItsOwn();
          await receiver.completeMessage(message);
        }),
      ),
    );
    expect(await receiver.peekMessages(1)).toEqual([]);
    await receiver.close();
    return writes;
  }

  it('writes each frame by itself, and those of one turn together once it is corked, however often that is asked', async () => {
    expect(await settle()).toBeGreaterThanOrEqual(count);
    corkWrites(client);
    corkWrites(client);
    expect(await settle()).toBeLessThanOrEqual(2);
    expect(await settle()).toBeLessThanOrEqual(2);
  });
});
