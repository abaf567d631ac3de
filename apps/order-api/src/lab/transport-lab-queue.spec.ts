import { ServiceBusClient } from '@azure/service-bus';
import type { Capabilities } from '@orderflow/messaging';
import { createMemoryTransport } from '@orderflow/messaging/memory';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Broker } from '@orderflow/servicebus-emulator';
import { startOrderBroker, transportTo } from '../../test/order-broker.js';
import { TransportLabQueue } from './transport-lab-queue.js';

let broker: Broker;
let queue: TransportLabQueue;

beforeEach(async () => {
  broker = await startOrderBroker();
  queue = new TransportLabQueue(transportTo(broker), 'lab');
});

afterEach(async () => {
  await queue.close();
  await broker.close();
});

const untilAborted = new AbortController().signal;
/** For as many as are there: it is answered once they have come, however long that takes. */
const all = (max: number) => ({ idleTimeoutMs: 60_000, max, signal: untilAborted });
/** For none. */
const soon = { idleTimeoutMs: 200, max: 100, signal: untilAborted };

describe('TransportLabQueue', () => {
  it('keeps from others what a batch holds, and gives it back when the batch is released', async () => {
    await queue.send('precious');
    const held = await queue.receive(all(1));
    expect(held.texts).toEqual(['precious']);
    const meanwhile = await queue.receive(soon);
    expect(meanwhile.texts).toEqual([]);
    await meanwhile.complete();
    expect(await queue.peek({ max: 10 })).toEqual(['precious']);
    await held.release();
    const again = await queue.receive(all(1));
    expect(again.texts).toEqual(['precious']);
    await again.complete();
    expect(await queue.peek({ max: 10 })).toEqual([]);
  });

  it('ends its waiting within a step of the abort, with what it holds', async () => {
    await queue.send('a');
    const leaving = new AbortController();
    const receiving = queue.receive({ idleTimeoutMs: 60_000, max: 100, signal: leaving.signal });
    leaving.abort();
    const batch = await receiving;
    await batch.release();
    expect(await queue.peek({ max: 10 })).toEqual(['a']);
  });

  it('shows what other producers sent as values', async () => {
    const client = new ServiceBusClient(broker.connectionString);
    const sender = client.createSender('lab');
    await sender.sendMessages([{ body: 'a text' }, { body: { a: 1 } }]);
    await client.close();
    const batch = await queue.receive(all(2));
    expect(batch.texts).toEqual(['"a text"', '{"a":1}']);
    await batch.complete();
  });

  it('hands back what it looked at, in its order, where a broker shows nothing without taking it', async () => {
    const capabilities: Capabilities = {
      scheduling: true,
      duplicateDetection: true,
      sessions: true,
      browsing: 'requeue',
    };
    const transport = createMemoryTransport({ topology: { queues: ['lab'] } });
    const taking = new TransportLabQueue(Object.assign(transport, { capabilities, inspection: undefined }), 'lab');
    for (const text of ['a', 'b', 'c']) await taking.send(text);
    for (const _ of Array.from({ length: 12 })) expect(await taking.peek({ max: 2 })).toEqual(['a', 'b']);
    const batch = await taking.receive(all(3));
    expect(batch.texts).toEqual(['a', 'b', 'c']);
    await batch.complete();
    await taking.close();
  });

  it('says so at once when the broker is away', async () => {
    await broker.close();
    await expect(queue.receive(all(1))).rejects.toMatchObject({ code: 'Unreachable' });
  });

  it('says which messages it could not complete, and they come again', async () => {
    await queue.send('late');
    const batch = await queue.receive(all(1));
    broker.clock.advance(61_000);
    await expect(batch.complete()).rejects.toThrow('1 of 1 lab messages were not settled');
    const again = await queue.receive(all(1));
    expect(again.texts).toEqual(['late']);
    await again.complete();
  });
});
