import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { orderCancel, orderPlace } from '@orderflow/contracts';
import { createEnvelopeWriter, type Envelope } from '@orderflow/messaging';
import { createMemoryTransport, MemoryBroker, type MemoryTransport } from '@orderflow/messaging/memory';
import { createLogger, createMetrics, loadConfig, type RunningService, startService } from '@orderflow/service-kit';
import { openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { composeOrderWorker } from '../compose-order-worker.js';
import { configSchema } from '../config.js';

const migrations = new URL('../../migrations', import.meta.url);
const write = createEnvelopeWriter('/spec');

let database: ServiceDatabase;
let broker: MemoryBroker;
let sender: MemoryTransport;
let service: RunningService;
let outcomes: Outcomes;

/** What the log says became of deliveries. */
class Outcomes {
  readonly #lines: Record<string, unknown>[] = [];
  #wake = (): void => {};

  write(text: string): void {
    const line = JSON.parse(text) as Record<string, unknown>;
    if (line['outcome'] === undefined) return;
    this.#lines.push(line);
    this.#wake();
  }

  /** Waits for so many. */
  async first(count: number): Promise<readonly Record<string, unknown>[]> {
    while (this.#lines.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#lines;
  }
}

beforeEach(async () => {
  database = await openServiceDatabase('order-worker', migrations);
  broker = new MemoryBroker({ topology: { queues: ['orders'], topics: { events: {} } } });
  sender = createMemoryTransport({ broker });
  outcomes = new Outcomes();
  service = await startOrderWorker();
});

afterEach(async () => {
  await service.stop();
  await sender.close();
  broker.close();
  await database.close();
});

/** The whole service, with a database and HTTP of its own, on a broker in this process. */
async function startOrderWorker(): Promise<RunningService> {
  const config = loadConfig(configSchema, {
    DATABASE_URL: database.url,
    SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://localhost;SharedAccessKeyName=k;SharedAccessKey=k',
    ORDER_TOTAL_LIMIT: '10000',
    PORT: '0',
  });
  const context = {
    config,
    logger: createLogger({ name: 'order-worker', destination: outcomes }),
    metrics: createMetrics('order-worker'),
  };
  return startService(context, await composeOrderWorker(context, async () => createMemoryTransport({ broker })));
}

const order = {
  orderId: 'o-1',
  customerId: 'c-1',
  currency: 'EUR',
  lines: [{ sku: 'tea', quantity: 1, unitPrice: 500 }],
  total: 500,
  createdAt: '2026-01-01T00:00:00.000Z',
};
const good = write(orderPlace, order, { id: 'good', orderingKey: 'o-1' });
const place = (id: string, change: object, attributes: Partial<Envelope> = {}): Envelope => ({
  ...good,
  id,
  body: Buffer.from(JSON.stringify({ ...order, ...change })),
  ...attributes,
});
const versionZero = (id: string, fields: object): Envelope => ({
  ...good,
  id,
  type: 'order',
  version: 0,
  body: Buffer.from(JSON.stringify({ order_id: id, ts: '2026-01-01T00:00:00Z', amount: 1, ...fields })),
});

const refused: readonly Envelope[] = [
  place('customer', { customerId: 'c\0' }),
  place('surrogate', { customerId: '\ud800' }),
  place('order-id', { orderId: 'o\0' }),
  place('sku', { lines: [{ ...order.lines[0], sku: 's\0' }] }),
  place('quantity', { lines: [{ ...order.lines[0], quantity: 2 ** 60 }] }),
  place('year', { createdAt: '0000-01-01T00:00:00Z' }),
  place('scheduled', { scheduledFor: '0000-01-01T00:00:00Z' }),
  place('id\0', {}),
  place('id'.repeat(65), {}),
  place('correlation', {}, { correlationId: '\udc00' }),
  place('key', {}, { orderingKey: 'x'.repeat(1_000_000) }),
  place('header', {}, { headers: { note: 'n\0' } }),
  place('headers', {}, { headers: { note: 'x'.repeat(1_000_000) } }),
  place('time', {}, { time: 'yesterday' }),
  ...[1e15, 1e21, 1e300, -1].map((amount) => versionZero(`amount-${amount}`, { amount })),
  versionZero('year-zero', { ts: '0000-01-01T00:00:00Z' }),
];

it('refuses at the first delivery what it could never store, and goes on', async () => {
  const { deadLetters } = sender;
  await sender.send([...refused, good].map((envelope) => ({ to: { queue: 'orders' }, envelope })));
  const lines = await outcomes.first(refused.length + 1);
  expect(lines.filter(({ outcome }) => outcome === 'complete')).toMatchObject([{ messageId: 'good' }]);
  const { letters } = await deadLetters.peek('orders');
  expect(letters.map(({ id, reason, attempt }) => [id, reason, attempt]).sort()).toEqual(
    refused.map(({ id }) => [id, 'InvalidPayload', 1]).sort(),
  );
  const { rows } = await database.pool.query('SELECT order_id, decision FROM decisions');
  expect(rows).toEqual([{ order_id: 'o-1', decision: 'accepted' }]);
});

it('decides by the command that arrives first, also by a cancel before its order', async () => {
  const requestedAt = '2026-01-01T00:00:01.000Z';
  const cancel = write(orderCancel, { orderId: 'o-1', requestedAt }, { id: 'cancel', orderingKey: 'o-1' });
  await sender.send([{ to: { queue: 'orders' }, envelope: cancel }]);
  await outcomes.first(1);
  await sender.send([{ to: { queue: 'orders' }, envelope: good }]);
  expect(await outcomes.first(2)).toMatchObject([{ outcome: 'complete' }, { outcome: 'complete' }]);
  const { rows } = await database.pool.query('SELECT decision, message_id FROM decisions');
  expect(rows).toEqual([{ decision: 'cancelled', message_id: 'cancel' }]);
});
