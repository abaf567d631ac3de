import { orderCancel, orderPlace } from '@orderflow/contracts';
import { createEnvelopeWriter, type Envelope } from '@orderflow/messaging';
import { createMemoryTransport, MemoryBroker, type MemoryTransport } from '@orderflow/messaging/memory';
import { createLogger, createMetrics, loadConfig, type RunningService, startService } from '@orderflow/service-kit';
import { openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { composeOrderWorker } from './compose-order-worker.js';
import { configSchema } from './config.js';

const write = createEnvelopeWriter('/spec');
let database: ServiceDatabase;
let broker: MemoryBroker;
let sender: MemoryTransport;
let service: RunningService;

/** What the log says was handled. */
class Handled {
  readonly #lines: string[] = [];
  #wake = (): void => {};

  write(text: string): void {
    const { outcome, queue, messageId } = JSON.parse(text) as Record<string, string | undefined>;
    if (outcome === undefined) return;
    this.#lines.push(`${queue} ${messageId} ${outcome}`);
    this.#wake();
  }

  async first(count: number): Promise<readonly string[]> {
    while (this.#lines.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#lines;
  }
}
let handled: Handled;

beforeEach(async () => {
  database = await openServiceDatabase('order-worker', new URL('../migrations', import.meta.url));
  broker = new MemoryBroker({
    topology: { queues: ['orders'], sessionQueues: ['orders-ordered'], topics: { events: {} } },
  });
  sender = createMemoryTransport({ broker });
  handled = new Handled();
  const config = loadConfig(configSchema, {
    DATABASE_URL: database.url,
    SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://localhost;SharedAccessKeyName=k;SharedAccessKey=k',
    ORDERED: 'true',
    PORT: '0',
  });
  const context = {
    config,
    logger: createLogger({ name: 'order-worker', destination: handled }),
    metrics: createMetrics('order-worker'),
  };
  service = await startService(
    context,
    await composeOrderWorker(context, async () => createMemoryTransport({ broker })),
  );
});

afterEach(async () => {
  await service.stop();
  await sender.close();
  broker.close();
  await database.close();
});

const decisions = async () =>
  (await database.pool.query('SELECT order_id, decision FROM decisions ORDER BY order_id')).rows;
const send = (queue: string, ...envelopes: readonly Envelope[]) =>
  sender.send(envelopes.map((envelope) => ({ to: { queue }, envelope })));
const order = {
  orderId: 'o-1',
  customerId: 'c-1',
  currency: 'EUR',
  lines: [{ sku: 'tea', quantity: 1, unitPrice: 500 }],
  total: 500,
  createdAt: '2026-01-01T00:00:00.000Z',
};
const place = write(orderPlace, order, { id: 'place', orderingKey: 'o-1' });
const requestedAt = '2026-01-01T00:00:01.000Z';

it('decides the commands of an order in the order in which they were sent', async () => {
  const orders = Array.from({ length: 20 }, (_, index) => `o-${String(index).padStart(2, '0')}`);
  const commands = orders.flatMap((orderId) => [
    write(orderPlace, { ...order, orderId }, { id: `place ${orderId}`, orderingKey: orderId }),
    write(orderCancel, { orderId, requestedAt }, { id: `cancel ${orderId}`, orderingKey: orderId }),
  ]);
  await send('orders-ordered', ...commands);
  await handled.first(40);
  expect(await decisions()).toEqual(orders.map((orderId) => ({ order_id: orderId, decision: 'accepted' })));
});

it('passes on what is sent without a session, by the order id that may only be in its body, and once', async () => {
  const old = {
    ...place,
    id: 'native',
    type: 'order',
    version: 0,
    body: bytes({ order_id: 'o-9', ts: requestedAt, amount: 1 }),
  };
  const { orderingKey: _, ...withoutKey } = old;
  await send('orders', withoutKey);
  await send('orders', { ...withoutKey, id: 'native again' });
  const lines = [...(await handled.first(3))].sort();
  expect(lines).toEqual(['orders o-9 complete', 'orders o-9 complete', 'orders-ordered o-9 complete']);
  expect(await decisions()).toEqual([{ order_id: 'o-9', decision: 'accepted' }]);
});

it('dead-letters what cannot be read where it was sent', async () => {
  await send('orders', { ...place, id: 'broken', body: Buffer.from('{') });
  expect(await handled.first(1)).toEqual(['orders broken dead-letter']);
  // The line is written before the settlement is applied.
  await service.stop();
  const { letters } = await sender.deadLetters.peek('orders');
  expect(letters).toMatchObject([{ id: 'broken', reason: 'UnreadableBody' }]);
  expect((await sender.deadLetters.peek('orders-ordered')).letters).toEqual([]);
});

function bytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
