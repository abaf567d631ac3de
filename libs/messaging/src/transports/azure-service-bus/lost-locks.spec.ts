import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { outgoing } from '../../testing/outgoing.js';
import type { TestedTransport } from '../../testing/transport-harness.js';
import type { Delivery, Settlement, Subscription, TransportError } from '../../transport.js';

const complete: Settlement = { kind: 'complete' };
/** So many at once, and so many of them in one call. */
const batch = 500;

let environment: ServiceBusEnvironment;
let transport: TestedTransport;
let sender: TestedTransport;
const errors: TransportError[] = [];
beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
  transport = await environment.connect();
  sender = await environment.connect();
  errors.splice(0);
});
afterEach(() => environment.close());

async function send(count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, (_, index) => `m-${index}`);
  for (let at = 0; at < count; at += batch) await sender.send(ids.slice(at, at + batch).map((id) => outgoing(id)));
  return ids;
}

function subscribe(consume: (delivery: Delivery) => Promise<Settlement>, concurrency: number): Promise<Subscription> {
  return transport.subscribe('work', consume, { concurrency, onError: (error) => errors.push(error) });
}

it('one delivery that is never settled, then 10,000 messages: all of them arrive', async () => {
  await sender.send([outgoing('rejected')]);
  const rejected = Promise.withResolvers<void>();
  const all = Promise.withResolvers<void>();
  const seen = new Set<string>();
  const subscription = await subscribe(async ({ envelope }) => {
    if (envelope.id === 'rejected') {
      rejected.resolve();
      throw new Error('A bug above the transport.');
    }
    seen.add(envelope.id);
    if (seen.size === 10_000) all.resolve();
    return complete;
  }, 32);
  await rejected.promise;
  await send(10_000);
  await all.promise;
  expect(subscription.health().state).not.toBe('stalled');
  expect(errors.map(({ code }) => code)).toEqual(['ConsumerRejected']);
}, 120_000);

it('one lock that was lost, then 10,000 messages: all of them arrive', async () => {
  await sender.send([outgoing('lost')]);
  const all = Promise.withResolvers<void>();
  const held = Promise.withResolvers<Delivery>();
  const release = Promise.withResolvers<void>();
  const handled = new Map<string, number>();
  await subscribe(async (delivery) => {
    const { id } = delivery.envelope;
    if (id === 'lost' && delivery.attempt === 1) {
      held.resolve(delivery);
      await release.promise;
      return { kind: 'release' };
    }
    handled.set(id, (handled.get(id) ?? 0) + 1);
    if (handled.size === 10_001) all.resolve();
    return complete;
  }, 32);
  const { signal } = await held.promise;
  const aborted = once(signal, 'abort');
  environment.broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
  // The next renewal finds out.
  await environment.advance(environment.lockDurationMs / 2 + 1_000);
  await aborted;
  release.resolve();
  await send(10_000);
  await all.promise;
  expect([...handled.values()].every((times) => times === 1)).toBe(true);
}, 120_000);

it('100 locks lost under load: all messages arrive, and what was committed is not done again', async () => {
  const count = 3_000;
  const effects = new Map<string, number>();
  const holding: (() => void)[] = [];
  const all = Promise.withResolvers<void>();
  const holdsAll = Promise.withResolvers<void>();
  const inbox = new Set<string>();
  await subscribe(async ({ envelope: { id }, attempt }) => {
    const isHeld = attempt === 1 && Number(id.slice(2)) < 100;
    if (isHeld) {
      const freed = new Promise<void>((resolve) => holding.push(resolve));
      if (holding.length === 100) holdsAll.resolve();
      await freed;
    }
    // Recorded with the effect, as an inbox does.
    if (!inbox.has(id)) effects.set(id, (effects.get(id) ?? 0) + 1);
    inbox.add(id);
    if (effects.size === count) all.resolve();
    return complete;
  }, 150);
  await send(count);
  await holdsAll.promise;
  environment.broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
  await environment.advance(environment.lockDurationMs / 2);
  for (const free of holding) free();
  await all.promise;
  expect([effects.size, [...effects.values()].every((times) => times === 1)]).toEqual([count, true]);
  expect((await sender.deadLetters.peek('work')).letters).toEqual([]);
}, 120_000);

it('completes what was committed when the broker still holds the lock that we believe lost', async () => {
  await sender.send([outgoing('m')]);
  const held = Promise.withResolvers<Delivery>();
  const free = Promise.withResolvers<void>();
  const seen: string[] = [];
  const subscription = await subscribe(async (delivery) => {
    seen.push(`${delivery.envelope.id} ${delivery.attempt}`);
    held.resolve(delivery);
    await free.promise;
    return complete;
  }, 1);
  const { signal } = await held.promise;
  // Frozen for longer than the lock, by our clock alone.
  environment.clock.advance(2 * environment.lockDurationMs);
  expect(signal.aborted).toBe(true);
  free.resolve();
  await subscription.stop();
  await environment.advance(2 * environment.lockDurationMs);
  const rest = Promise.withResolvers<void>();
  await subscribe(async ({ envelope, attempt }) => {
    seen.push(`${envelope.id} ${attempt}`);
    rest.resolve();
    return complete;
  }, 1);
  await sender.send([outgoing('fence')]);
  await rest.promise;
  expect(seen).toEqual(['m 1', 'fence 1']);
  expect(errors).toEqual([]);
});

it.each<Settlement>([
  { kind: 'retry', delayMs: 0, reason: 'again' },
  { kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' },
  { kind: 'release' },
])('hands back what was not committed under a lock believed lost, as one attempt: $kind', async (settlement) => {
  await sender.send([outgoing('m')]);
  const held = Promise.withResolvers<Delivery>();
  const free = Promise.withResolvers<void>();
  const again = Promise.withResolvers<Delivery>();
  await subscribe(async (delivery) => {
    if (delivery.attempt > 1) {
      again.resolve(delivery);
      return complete;
    }
    held.resolve(delivery);
    await free.promise;
    return settlement;
  }, 1);
  await held.promise;
  environment.clock.advance(2 * environment.lockDurationMs);
  free.resolve();
  expect(await again.promise).toMatchObject({ attempt: 2, unsettled: 1, envelope: { id: 'm' } });
  expect((await sender.deadLetters.peek('work')).letters).toEqual([]);
  expect(errors.map(({ code }) => code)).toEqual(['SettlementFailed']);
});
