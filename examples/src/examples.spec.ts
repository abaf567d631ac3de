import { afterEach, describe, expect, it } from '@jest/globals';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { createMemoryMessaging } from '@orderflow/messaging';
import { startMessaging, useHarness } from '@orderflow/messaging/nest';
import { createMessagingHarness, type MessagingHarness } from '@orderflow/messaging/testing';
import { orderPaid, parcelsPacked } from './contracts.js';
import { Packing, ShippingModule } from './nest-service.js';
import { startShipping } from './plain-service.js';

const HALF_AN_HOUR = 1_800_000;
const shipping = { queue: 'shipping' };

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function startHarness(): MessagingHarness {
  const harness = createMessagingHarness({ topology: { queues: ['shipping'], topics: { events: {} } } });
  stops.push(() => harness.close());
  return harness;
}

describe('the Nest service', () => {
  it('packs after half an hour when the machine was jammed, in no time', async () => {
    const harness = startHarness();
    const store = createMemoryMessaging({ clock: harness.clock });
    const builder = Test.createTestingModule({ imports: [ShippingModule.over(harness.transport, store)] });
    const module = await useHarness(builder, harness).compile();
    const app = module.createNestApplication(new FastifyAdapter(), { logger: false });
    stops.push(() => app.close());
    await startMessaging(app);
    app.get(Packing).jams = 1;

    const begun = harness.clock.now();
    await harness.send(shipping, orderPaid, { orderId: 'a', parcels: 2 });
    expect((await harness.delivered(orderPaid, { orderId: 'a' })).attempt).toBe(2);
    expect(harness.clock.now() - begun).toBe(HALF_AN_HOUR);
    await harness.published(parcelsPacked, { orderId: 'a' });
  });
});

describe('the plain service', () => {
  it('prints before its transaction, tries again after half an hour, and packs once', async () => {
    const harness = startHarness();
    const store = createMemoryMessaging({ clock: harness.clock });
    const relay = store.startRelay({ transport: harness.transport });
    const printed: string[] = [];
    let hasPaper = false;
    const consumer = await startShipping({
      transport: harness.transport,
      ...harness.time,
      messaging: store,
      printer: {
        async print(orderId) {
          if (!hasPaper) throw new Error('out of paper');
          printed.push(orderId);
          return `label of ${orderId}`;
        },
      },
      onError: (error) => {
        throw error;
      },
    });
    stops.push(async () => {
      await consumer.stop();
      await relay.stop();
    });

    await harness.send(shipping, orderPaid, { orderId: 'b', parcels: 1 }, { id: 'm-1' });
    await harness.clock.advance(HALF_AN_HOUR - 1);
    hasPaper = true;
    expect((await harness.delivered(orderPaid, { orderId: 'b' })).attempt).toBe(2);
    expect(printed).toEqual(['b']);
    await harness.published(parcelsPacked, { orderId: 'b' });
    expect(await store.inbox.once('shipping', 'm-1', async () => {})).toBe('duplicate');
  });
});
