import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startBroker } from '@orderflow/servicebus-emulator';
import {
  connectionStringTo,
  serviceBusTopology,
  ServiceBusEnvironment,
} from '../../../test/service-bus-environment.js';
import { lastingPort } from '../../testing/lasting-port.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';
import type { Delivery, Settlement, TransportError } from '../../transport.js';
import { createAzureServiceBusTransport } from './index.js';

describe('a broker that is away', () => {
  it('is waited for by a subscription, is an error for a send, and both work once it is there', async () => {
    const port = await lastingPort();
    const connection = { connectionString: connectionStringTo(port) };
    const transport = createAzureServiceBusTransport(connection, { maxReconnectDelayMs: 50, requestTimeoutMs: 10_000 });
    const work = await receive(transport, 'work');
    expect(work.subscription.health()).toMatchObject({
      state: 'connecting',
      detail: expect.stringMatching(/ECONNREFUSED/),
    });
    expect(work.errors[0]).toMatchObject({ code: 'Unreachable', retryable: true });
    await expect(transport.send([outgoing('m')])).rejects.toMatchObject({ code: 'Unreachable', retryable: true });
    await expect(transport.deadLetters.peek('work')).rejects.toMatchObject({ code: 'Unreachable', retryable: true });

    const broker = await startBroker({ port, topology: serviceBusTopology });
    try {
      await transport.send([outgoing('m')]);
      expect((await work.complete()).envelope.id).toBe('m');
      expect(work.subscription.health()).toMatchObject({ state: 'running' });
    } finally {
      await transport.close();
      await broker.close();
    }
  });

  it('does not keep a transport from closing', async () => {
    const transport = createAzureServiceBusTransport({ connectionString: connectionStringTo(await lastingPort()) });
    const work = await receive(transport, 'work');
    await transport.close();
    expect(work.subscription.health().state).toBe('stopped');
  });

  it('is found again on its port after it was replaced', async () => {
    const port = await lastingPort();
    const first = await startBroker({ port, topology: serviceBusTopology });
    const connection = { connectionString: connectionStringTo(port) };
    const transport = createAzureServiceBusTransport(connection, { maxReconnectDelayMs: 50, requestTimeoutMs: 10_000 });
    const work = await receive(transport, 'work');
    await transport.send([outgoing('before')]);
    await work.complete();
    await first.close();

    const second = await startBroker({ port, topology: serviceBusTopology });
    try {
      await transport.send([outgoing('after')]);
      expect((await work.complete()).envelope.id).toBe('after');
      expect(work.subscription.health().state).toBe('running');
    } finally {
      await transport.close();
      await second.close();
    }
  });
});

describe('a connection that is cut while a receiver attaches', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());
  // Long waits of the SDK, so that only what we do ourselves is fast enough for the test.
  const options = { maxReconnectDelayMs: 50, requestTimeoutMs: 120_000, stallAfterMs: 120_000 };

  // The first token is for the look at the queue, the second one for the receiver.
  it.each([1, 2])('is replaced at once at the start, with the request for token %i unanswered', async (n) => {
    const { transport, proxy } = await environment.connectThroughProxy(options);
    proxy.cutAt('put-token', n);
    const work = await receive(transport, 'work');
    const other = await environment.connect();
    await other.send([outgoing('m')]);
    expect((await work.complete()).envelope.id).toBe('m');
    expect(work.subscription.health().state).toBe('running');
  });

  it('is replaced at once when the receiver was attaching again after another loss', async () => {
    const { transport, proxy } = await environment.connectThroughProxy(options);
    const work = await receive(transport, 'work');
    proxy.cutAt('put-token', 1);
    proxy.cut();
    const other = await environment.connect();
    await other.send([outgoing('m')]);
    expect((await work.complete()).envelope.id).toBe('m');
    expect(work.subscription.health().state).toBe('running');
  });
});

describe('a receiver that attached again', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  it.each(['detach-links', 'drop-connections'] as const)(
    'hands out no more than the concurrency, with what the old link brought still in hand: %s',
    async (kind) => {
      const transport = await environment.connect({ maxReconnectDelayMs: 50 });
      const work = await receive(transport, 'work', 2);
      await transport.send([outgoing('1'), outgoing('2')]);
      const running = [await work.next(), await work.next()];
      environment.broker.faults.disrupt({ kind, entity: 'work' });
      const fence = await environment.connect();
      await fence.send([outgoing('3'), outgoing('4')]);
      // The new link has room for both of them.
      while (work.subscription.health().state !== 'running') await nextTurn();
      for (let looks = 0; looks < 20; looks += 1) await fence.deadLetters.peek('work');
      expect([work.waiting, work.subscription.health().inFlight]).toEqual([0, 2]);
      for (const delivery of running) delivery.settle({ kind: 'complete' });
      expect([(await work.complete()).envelope.id, (await work.complete()).envelope.id].sort()).toEqual(['3', '4']);
    },
  );
});

describe('a connection that has fallen silent', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  it('is noticed and replaced, although the SDK says nothing', async () => {
    const options = { requestTimeoutMs: 500, stallAfterMs: 60_000, maxReconnectDelayMs: 50 };
    const { transport, proxy } = await environment.connectThroughProxy(options);
    const other = await environment.connect();
    let firstErrorIs = (_: TransportError): void => {};
    const firstError = new Promise<TransportError>((resolve) => (firstErrorIs = resolve));
    let deliveredIs = (_: Delivery): void => {};
    const delivered = new Promise<Delivery>((resolve) => (deliveredIs = resolve));
    const consume = async (delivery: Delivery): Promise<Settlement> => {
      deliveredIs(delivery);
      return { kind: 'complete' };
    };
    const subscription = await transport.subscribe('work', consume, { concurrency: 1, onError: firstErrorIs });
    proxy.silence();
    proxy.unsilence();
    await other.send([outgoing('m')]);

    environment.clock.advance(60_000);
    expect((await firstError).code).toBe('Timeout');
    expect(subscription.health().state).toBe('connecting');
    for (let checks = 0; checks < 2; checks += 1) {
      await nextTurn();
      environment.clock.advance(60_000);
      await nextTurn();
    }
    expect((await delivered).envelope.id).toBe('m');
    expect(subscription.health().state).toBe('running');
  });
});

/** Lets timers that are due and promises that can settle do so. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(() => setImmediate(resolve), 1));
}
