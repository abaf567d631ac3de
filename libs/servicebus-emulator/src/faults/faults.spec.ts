import { ServiceBusClient, type ServiceBusReceiver } from '@azure/service-bus';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../amqp/testing/raw-client.js';
import { type Broker, startBroker } from '../broker.js';
import { loopbackDelivered } from '../testing/loopback.js';
import type { Fault } from './fault.js';

let broker: Broker;
let client: ServiceBusClient;
let last = 0;
beforeAll(async () => {
  broker = await startBroker();
  // Long enough to connect on a busy machine, short enough to wait for what is lost.
  client = connect({ maxRetries: 0, timeoutInMs: 5_000 });
});
afterEach(() => void broker.faults.clear());
afterAll(async () => {
  await client.close();
  await broker.close();
});

function connect(retryOptions: object): ServiceBusClient {
  return new ServiceBusClient(broker.connectionString, { retryOptions: { retryDelayInMs: 50, ...retryOptions } });
}

function createQueue(options = {}): string {
  return broker.namespace.createQueue(`faulty-${++last}`, options, broker.clock.now()).path;
}

const active = (path: string) => broker.namespace.registry.get(path).main.counts.active;
const deferredIn = (path: string) => broker.namespace.registry.get(path).main.counts.deferred;

describe('faults', () => {
  it('refuse the next sends with a condition, in one entity only', async () => {
    const [queue, other] = [createQueue(), createQueue()];
    broker.faults.add({ kind: 'refuse-sends', entity: queue, condition: 'amqp:resource-limit-exceeded', times: 2 });
    const sender = client.createSender(queue);
    await client.createSender(other).sendMessages({ body: 'fine' });
    for (const body of [1, 2]) {
      await expect(sender.sendMessages({ body })).rejects.toMatchObject({ code: 'QuotaExceeded' });
    }
    await sender.sendMessages({ body: 3 });
    expect([active(queue), active(other), broker.faults.list()]).toEqual([1, 1, []]);
  });

  it('throttle, and the client tries again', async () => {
    const queue = createQueue();
    const patient = connect({ maxRetries: 3 });
    const sender = patient.createSender(queue);
    await sender.sendMessages({ body: 1 });
    broker.faults.add({ kind: 'throttle', entity: queue, times: 2 });
    await sender.sendMessages({ body: 2 });
    expect([active(queue), broker.faults.list()]).toEqual([2, []]);
    await patient.close();
  });

  describe('of answers', () => {
    let locked: string;
    let unanswered: string;
    let receiver: ServiceBusReceiver;
    let settlement: PromiseSettledResult<void>;
    let send: PromiseSettledResult<void>;

    /** Both end when the client gives up: they wait for that together. */
    beforeAll(async () => {
      [locked, unanswered] = [createQueue(), createQueue()];
      await client.createSender(locked).sendMessages({ body: 1 });
      receiver = client.createReceiver(locked, { maxAutoLockRenewalDurationInMs: 0 });
      const [first] = await receiver.receiveMessages(1);
      if (!first) throw new Error('nothing came');
      broker.faults.add({ kind: 'lose-settlements', entity: locked });
      broker.faults.add({ kind: 'lose-send-replies', entity: unanswered });
      [settlement, send] = await Promise.allSettled([
        receiver.completeMessage(first),
        client.createSender(unanswered).sendMessages({ body: 1 }),
      ]);
    });

    it('lose a settlement: the lock runs out and the message comes again', async () => {
      expect(settlement.status).toBe('rejected');
      broker.clock.advance(61_000);
      const [again] = await receiver.receiveMessages(1);
      expect([again?.body, again?.deliveryCount]).toEqual([1, 1]);
      if (again) await receiver.completeMessage(again);
    });

    it('lose the reply to a send that was stored', () => {
      expect(send.status).toBe('rejected');
      expect(active(unanswered)).toBe(1);
    });
  });

  it('delay a settlement, by the time of the broker', async () => {
    const queue = createQueue();
    await client.createSender(queue).sendMessages({ body: 1 });
    const patient = connect({ timeoutInMs: 60_000 });
    const receiver = patient.createReceiver(queue);
    const [message] = await receiver.receiveMessages(1);
    broker.faults.add({ kind: 'delay-settlements', entity: queue, delayMs: 20_000 });
    const completed = message && receiver.completeMessage(message);
    while (broker.faults.list().length > 0) await new Promise(setImmediate);
    expect(active(queue)).toBe(1);
    broker.clock.advance(20_000);
    await completed;
    expect(active(queue)).toBe(0);
    await patient.close();
  });

  /** A message whose link is gone: it is settled over the management link. */
  async function receiveDeferred(queue: string, by: ServiceBusClient) {
    await by.createSender(queue).sendMessages({ body: 1 });
    const receiver = by.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    const [message] = await receiver.receiveMessages(1);
    if (message) await receiver.deferMessage(message);
    const [deferred] = await receiver.receiveDeferredMessages(message?.sequenceNumber ? [message.sequenceNumber] : []);
    if (!deferred) throw new Error('nothing came');
    return { receiver, deferred };
  }

  it('lose a settlement over the management link as well', async () => {
    const queue = createQueue();
    const { receiver, deferred } = await receiveDeferred(queue, client);
    broker.faults.add({ kind: 'lose-settlements', entity: queue });
    // Microsoft's client would wait a minute for the answer that never comes.
    const raw = await RawClient.connect(broker.port);
    const body = { 'disposition-status': 'completed', 'lock-tokens': [deferred.lockToken] };
    void raw.request(queue, 'com.microsoft:update-disposition', body);
    while (broker.faults.list().length > 0) await new Promise(setImmediate);
    await raw.close();
    expect(deferredIn(queue)).toBe(1);
    await receiver.completeMessage(deferred);
    expect(deferredIn(queue)).toBe(0);
  });

  it('delay a settlement over the management link as well', async () => {
    const queue = createQueue();
    const patient = connect({ timeoutInMs: 60_000 });
    const { receiver, deferred } = await receiveDeferred(queue, patient);
    broker.faults.add({ kind: 'delay-settlements', entity: queue, delayMs: 20_000 });
    const completed = receiver.completeMessage(deferred);
    while (broker.faults.list().length > 0) await new Promise(setImmediate);
    expect(deferredIn(queue)).toBe(1);
    broker.clock.advance(20_000);
    await completed;
    expect(deferredIn(queue)).toBe(0);
    await patient.close();
  });

  it('are refused with everything that is wrong with them', () => {
    const bad = { kind: 'refuse-sends', condition: 'no', times: 0, delay: 1 } as unknown as Fault;
    expect(() => broker.faults.add(bad)).toThrow(/condition must be one of.*times must be.*delay does not belong/s);
    expect(() => broker.faults.add({ kind: 'throttle', entity: 'missing' })).toThrow('could not be found');
    expect(() => broker.faults.add({ kind: 'nonsense' } as unknown as Fault)).toThrow('kind must be one of');
  });
});

describe('disruptions', () => {
  it('drop connections and detach links, and clients find back', async () => {
    const queue = createQueue();
    const patient = connect({ maxRetries: 3 });
    const sender = patient.createSender(queue);
    await sender.sendMessages({ body: 1 });
    const other = connect({});
    await other.createSender(createQueue()).sendMessages({ body: 1 });
    const before = broker.connections;
    expect(broker.faults.disrupt({ kind: 'drop-connections', entity: queue })).toBe(1);
    while (broker.connections === before) await new Promise(setImmediate);
    await loopbackDelivered();
    await sender.sendMessages({ body: 2 });
    expect(broker.faults.disrupt({ kind: 'detach-links', entity: queue })).toBeGreaterThan(0);
    await loopbackDelivered();
    await sender.sendMessages({ body: 3 });
    expect(active(queue)).toBe(3);
    await Promise.all([patient.close(), other.close()]);
  });

  it('expire locks of messages and sessions', async () => {
    const [queue, sessions] = [createQueue(), createQueue({ requiresSession: true })];
    await client.createSender(queue).sendMessages({ body: 1 });
    await client.createSender(sessions).sendMessages({ body: 1, sessionId: 's' });
    const receiver = client.createReceiver(queue);
    const [message] = await receiver.receiveMessages(1);
    const session = await client.acceptSession(sessions, 's');
    expect(broker.faults.disrupt({ kind: 'expire-locks', entity: queue })).toBe(1);
    expect(broker.faults.disrupt({ kind: 'expire-locks' })).toBe(1);
    if (message) await expect(receiver.completeMessage(message)).rejects.toMatchObject({ code: 'MessageLockLost' });
    await expect(session.renewSessionLock()).rejects.toMatchObject({ code: 'SessionLockLost' });
  });
});

describe('faults over HTTP', () => {
  const ask = async (method: string, path = '', body?: unknown) => {
    const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await fetch(`http://127.0.0.1:${broker.port}/faults${path}`, init);
    return [response.status, await response.json()];
  };

  it('are made, listed and cleared', async () => {
    const queue = createQueue();
    const [status, made] = await ask('POST', '', { kind: 'throttle', entity: queue, times: 5 });
    expect([status, made]).toEqual([
      201,
      { kind: 'throttle', entity: queue, times: 5, id: expect.any(Number), remaining: 5 },
    ]);
    expect(await ask('GET')).toEqual([200, [made]]);
    expect(await ask('POST', '', { kind: 'expire-locks' })).toEqual([201, { affected: 0 }]);
    expect(await ask('DELETE', `/${(made as { id: number }).id}`)).toEqual([200, { cleared: 1 }]);
    expect((await ask('DELETE', '/77'))[0]).toBe(400);
    expect((await ask('POST', '', []))[0]).toBe(400);
    expect((await ask('POST', '', { kind: 'throttle', times: 'often' }))[0]).toBe(400);
    expect(await ask('DELETE')).toEqual([200, { cleared: 0 }]);
  });
});
