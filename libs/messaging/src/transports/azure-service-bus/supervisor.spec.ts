import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CountingClock } from '../../../test/counting-clock.js';
import { connectionStringTo, ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive, type Receiver } from '../../testing/receive.js';
import type { TestedTransport } from '../../testing/transport-harness.js';
import type { Settlement, Subscription, TransportError } from '../../transport.js';
import { resolveSubscribeOptions } from '../subscribe-options.js';
import { type ManagedClient, managedClient } from './client-factory.js';
import { resolveOptions } from './options.js';
import { SenderConnection } from './sender-connection.js';
import { ServiceBusSubscription } from './service-bus-subscription.js';

const stallAfterMs = 60_000;

let environment: ServiceBusEnvironment;
let clock: CountingClock;
let rival: ServiceBusClient;
beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
  clock = new CountingClock();
  rival = new ServiceBusClient(environment.broker.connectionString);
});
afterEach(async () => {
  await rival.close();
  await environment.close();
});

const giveWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets the next check fall due, and waits until it is over. */
async function check(): Promise<void> {
  const checks = (): number => clock.planned.filter((ms) => ms === stallAfterMs).length;
  const before = checks();
  // In steps: a lock that is not renewed for as long as it lasts is lost.
  for (let steps = 0; steps < 4; steps += 1) {
    clock.advance(stallAfterMs / 4);
    // What asks for it leaves at the end of the turn.
    await giveWay();
    await rival.createReceiver('work').peekMessages(1);
  }
  while (checks() === before) await giveWay();
}

/** Waits until the receiver that replaced a stalled one is attached. */
async function freshReceiver(subscription: Subscription): Promise<void> {
  while (!/a new receiver/.test(subscription.health().detail ?? '')) await giveWay();
}

/** Another consumer takes so many messages, and does nothing with them. */
async function takeByRival(count: number): Promise<readonly ServiceBusReceivedMessage[]> {
  const receiver = rival.createReceiver('work', { maxAutoLockRenewalDurationInMs: 0 });
  const taken: ServiceBusReceivedMessage[] = [];
  while (taken.length < count) taken.push(...(await receiver.receiveMessages(count - taken.length)));
  return taken;
}

describe('a check of a subscription', () => {
  let transport: TestedTransport;
  let work: Receiver;
  const start = async (concurrency: number): Promise<void> => {
    transport = await environment.connect({ clock, stallAfterMs, maxReconnectDelayMs: 50 });
    work = await receive(transport, 'work', concurrency);
  };
  const stalls = (): number => work.errors.filter(({ code }) => code === 'Stalled').length;

  it('finds nothing wrong with a queue whose head moves, whoever moves it', async () => {
    const producer = await environment.connect();
    await producer.send(['1', '2', '3'].map((id) => outgoing(id)));
    const taken = await takeByRival(3);
    await start(1);
    const receiver = rival.createReceiver('work');
    for (const message of taken) {
      await check();
      await receiver.completeMessage(message);
    }
    await check();
    expect(work.errors).toEqual([]);
    expect(work.subscription.health().state).toBe('running');
  });

  it('finds nothing wrong while there is no room for what waits', async () => {
    await start(1);
    await transport.send([outgoing('1'), outgoing('2')]);
    const running = await work.next();
    for (let checks = 0; checks < 3; checks += 1) await check();
    expect(work.errors).toEqual([]);
    running.settle({ kind: 'complete' });
    expect((await work.complete()).envelope.id).toBe('2');
  });

  it('does not take what is being handled for something that waits', async () => {
    await start(2);
    await transport.send([outgoing('1')]);
    const running = await work.next();
    for (let checks = 0; checks < 3; checks += 1) await check();
    expect(work.errors).toEqual([]);
    running.settle({ kind: 'complete' });
  });

  it('replaces the receiver once for a message that another consumer holds', async () => {
    const producer = await environment.connect();
    await producer.send([outgoing('1')]);
    await takeByRival(1);
    await start(1);
    await check();
    expect(stalls()).toBe(0);
    await check();
    expect(stalls()).toBe(1);
    for (let checks = 0; checks < 4; checks += 1) {
      await freshReceiver(work.subscription);
      await check();
    }
    expect(stalls()).toBe(1);
    expect(work.subscription.health().state).toBe('stalled');
    await transport.send([outgoing('2')]);
    expect((await work.complete()).envelope.id).toBe('2');
    expect(work.subscription.health().state).toBe('running');
  });

  it('keeps a receiver stalled until the head moves, whoever moves it', async () => {
    const producer = await environment.connect();
    await producer.send([outgoing('1')]);
    const [held] = await takeByRival(1);
    await start(1);
    await check();
    await check();
    await freshReceiver(work.subscription);
    await check();
    expect(work.subscription.health()).toMatchObject({
      state: 'stalled',
      detail: 'Message 1 waits at the head of "work" and is not delivered; a new receiver does not get it either.',
    });
    await rival.createReceiver('work').completeMessage(held as ServiceBusReceivedMessage);
    await check();
    expect(work.subscription.health()).toEqual({ state: 'running', inFlight: 0 });
    expect(stalls()).toBe(1);
  });

  it('finds a message that was ours, and waits now', async () => {
    await start(1);
    await transport.send([outgoing('1')]);
    const lost = await work.next();
    environment.broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
    await takeByRival(1);
    lost.settle({ kind: 'complete' });
    while (work.errors.length === 0) await giveWay();
    await check();
    await check();
    await check();
    expect(stalls()).toBe(1);
  });

  it('finds nothing wrong while messages come in, although the head does not move', async () => {
    const producer = await environment.connect();
    await producer.send([outgoing('held')]);
    await takeByRival(1);
    await start(1);
    for (let checks = 0; checks < 3; checks += 1) {
      await producer.send([outgoing(`m-${checks}`)]);
      await work.complete();
      while (work.subscription.health().inFlight > 0) await giveWay();
      await check();
    }
    expect(work.errors).toEqual([]);
    await check();
    await check();
    expect(stalls()).toBe(1);
  });

  it('does not take what is scheduled for something that waits', async () => {
    await start(1);
    await transport.send([{ ...outgoing('later'), deliverAt: new Date(environment.now() + 24 * 3_600_000) }]);
    for (let checks = 0; checks < 3; checks += 1) await check();
    expect(work.errors).toEqual([]);
  });

  it('leaves what the replaced receiver brought to be settled there', async () => {
    await start(2);
    await transport.send([outgoing('1')]);
    const running = await work.next();
    await transport.send([outgoing('2'), outgoing('3')]);
    await work.next();
    await takeByRival(1);
    running.settle({ kind: 'complete' });
    while (work.subscription.health().inFlight > 1) await giveWay();
    while (stalls() === 0) await check();
    // Five seconds are left to hand it back.
    await Promise.all([work.subscription.stop(25_000), environment.advance(20_000)]);
    expect(work.errors.map(({ code }) => code)).toEqual(['Stalled']);
    const rest = await receive(await environment.connect(), 'work');
    expect(await rest.complete()).toMatchObject({ attempt: 1, envelope: { id: '2' } });
  });

  it('leaves nothing planned behind once all is stopped and closed', async () => {
    await start(1);
    await transport.send([outgoing('1'), outgoing('2')]);
    await work.complete();
    const running = await work.next();
    await check();
    await transport.deadLetters.peek('work');
    const stopped = work.subscription.stop();
    running.settle({ kind: 'complete' });
    await stopped;
    await transport.close();
    expect(clock.pending).toBe(0);
  });
});

describe('a supervisor', () => {
  const clients: ServiceBusClient[] = [];
  const errors: TransportError[] = [];
  const supervise = (replaceAt: () => number | undefined, queue = 'work'): ServiceBusSubscription => {
    const source = { create: () => openClient(replaceAt) };
    const resolved = resolveOptions({ stallAfterMs, clock });
    const sender = new SenderConnection({ create: () => openClient(() => undefined, []) }, clock);
    const options = resolveSubscribeOptions(queue, { concurrency: 1, onError: (error) => errors.push(error) });
    const consume = async (): Promise<Settlement> => ({ kind: 'complete' });
    return new ServiceBusSubscription(queue, consume, options, { source, sender, resolved });
  };
  const openClient = (replaceAt: () => number | undefined, kept = clients): ManagedClient => {
    const client = new ServiceBusClient(connectionStringTo(environment.broker.port));
    kept.push(client);
    const until = replaceAt();
    return managedClient(client, () => until);
  };
  beforeEach(() => {
    clients.splice(0);
    errors.splice(0);
  });

  it('replaces its connection at the last check before its token has to be replaced', async () => {
    const supervisor = supervise(() => clock.now() + 2.5 * stallAfterMs);
    await supervisor.start();
    await check();
    expect(clients).toHaveLength(1);
    await check();
    expect(clients).toHaveLength(2);
    while (supervisor.health().state !== 'running') await giveWay();
    await check();
    expect(clients).toHaveLength(2);
    expect(errors).toEqual([]);
    await supervisor.stop();
    expect(clock.pending).toBe(0);
  });

  it('replaces its connection once for a message that it does not get', async () => {
    const producer = await environment.connect();
    await producer.send([outgoing('1')]);
    await takeByRival(1);
    const supervisor = supervise(() => undefined);
    await supervisor.start();
    await check();
    expect([clients.length, supervisor.health().state]).toEqual([1, 'running']);
    await check();
    expect(clients).toHaveLength(2);
    for (let checks = 0; checks < 3; checks += 1) {
      await freshReceiver(supervisor);
      await check();
    }
    expect(clients).toHaveLength(2);
    expect(errors.map(({ code }) => code)).toEqual(['Stalled']);
    await supervisor.stop();
  });

  it('keeps a connection whose token is not known to end', async () => {
    const supervisor = supervise(() => undefined);
    await supervisor.start();
    expect(supervisor.health()).toEqual({ state: 'running', inFlight: 0 });
    for (let checks = 0; checks < 3; checks += 1) await check();
    expect(clients).toHaveLength(1);
    await supervisor.stop();
  });

  it('of a queue that does not exist rejects, and leaves nothing behind', async () => {
    const supervisor = supervise(() => undefined, 'nowhere');
    await expect(supervisor.start()).rejects.toMatchObject({ code: 'QueueNotFound', retryable: false });
    expect(clock.pending).toBe(0);
    expect(errors).toEqual([]);
    expect(() => clients[0]?.createSender('work')).toThrow('closed');
  });
});
