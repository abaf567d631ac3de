import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Order, orderCancel, orderPlace } from '@orderflow/contracts';
import { type Contract, createEnvelopeWriter, type Outgoing } from '@orderflow/messaging';
import { MessageContext } from '@orderflow/messaging/nest';
import { createPostgresInbox, createPostgresOutbox, type PostgresOutbox } from '@orderflow/messaging/postgres';
import { openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { Decisions } from './decisions.js';

const migrations = new URL('../../migrations', import.meta.url);
const write = createEnvelopeWriter('/spec');

let database: ServiceDatabase;
let outbox: PostgresOutbox;
let decisions: Decisions;

beforeEach(async () => {
  database = await openServiceDatabase('order-worker', migrations);
  outbox = createPostgresOutbox(database);
  const inbox = createPostgresInbox({ ...database, outbox });
  decisions = new Decisions({ inbox, outbox, topic: 'events', rules: { totalLimit: 10_000 } });
});

afterEach(async () => {
  await database.close();
});

const order = (change: Partial<Order> = {}): Order => ({
  orderId: 'o-1',
  customerId: 'c-1',
  currency: 'EUR',
  lines: [{ sku: 'tea', quantity: 1, unitPrice: 500 }],
  total: 500,
  createdAt: '2026-01-01T00:00:00.000Z',
  ...change,
});

function contextOf<T>(contract: Contract<T>, payload: T, id: string, attempt = 1): MessageContext {
  const envelope = write(contract, payload, { id, cause: { correlationId: 'c-42', headers: { traceparent: 't' } } });
  const message = { id, type: contract.type, version: contract.version, payload, envelope };
  return new MessageContext([message, { envelope, queue: 'orders', attempt, signal: new AbortController().signal }]);
}

const place = (payload: Order, id = 'm-1', attempt = 1) =>
  decisions.place(payload, contextOf(orderPlace, payload, id, attempt));

const cancel = (id = 'm-2', reason?: string) => {
  const command = { orderId: 'o-1', requestedAt: '2026-01-01T00:00:00.000Z', ...(reason !== undefined && { reason }) };
  return decisions.cancel(command, contextOf(orderCancel, command, id));
};

/** Everything the decisions published, as the relay would send it. */
async function published(): Promise<readonly Outgoing[]> {
  const sent: Outgoing[] = [];
  await outbox.drain(100, async (messages) => void sent.push(...messages));
  return sent;
}

const payloadOf = ({ envelope }: Outgoing) => JSON.parse(Buffer.from(envelope.body).toString());

describe('decisions', () => {
  it('accept an order and tell why and since when', async () => {
    await place(order(), 'm-1', 3);
    const [event, ...others] = await published();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      to: { topic: 'events' },
      envelope: {
        id: 'order.accepted:o-1',
        type: 'order.accepted',
        orderingKey: 'o-1',
        correlationId: 'c-42',
        headers: { traceparent: 't' },
      },
    });
    expect(payloadOf(event as Outgoing)).toMatchObject({ order: order(), cause: { messageId: 'm-1', attempt: 3 } });
  });

  it('reject an order against the rules, with the reason', async () => {
    await place(order({ lines: [{ sku: 'tea', quantity: 1, unitPrice: 10_001 }], total: 10_001 }));
    expect((await published()).map(payloadOf)).toMatchObject([{ reason: { code: 'total-over-limit' } }]);
  });

  it('are made once for a command that is delivered twice, also at the same time', async () => {
    await Promise.all([place(order()), place(order()), place(order())]);
    expect(await published()).toHaveLength(1);
  });

  it('let the first win: a cancel after the decision changes nothing', async () => {
    await place(order());
    await cancel();
    expect((await published()).map(({ envelope }) => envelope.type)).toEqual(['order.accepted']);
  });

  it('let the first win: a cancel that arrives before its order', async () => {
    await cancel('m-2', 'changed my mind');
    await place(order());
    const events = await published();
    expect(events.map(({ envelope }) => envelope.id)).toEqual(['order.cancelled:o-1']);
    expect(events.map(payloadOf)).toMatchObject([{ orderId: 'o-1', reason: 'changed my mind' }]);
  });

  it('let the first win when order and cancel arrive together', async () => {
    await Promise.all([place(order()), cancel()]);
    const events = await published();
    const { rows } = await database.pool.query('SELECT decision FROM decisions');
    expect(events.map(({ envelope }) => envelope.type)).toEqual([`order.${rows[0].decision}`]);
  });

  it('leave nothing behind when their event cannot be written', async () => {
    await database.pool.query('ALTER TABLE outbox RENAME TO outbox_away');
    await expect(place(order())).rejects.toThrow('outbox');
    expect((await database.pool.query('SELECT FROM decisions')).rowCount).toBe(0);
    await database.pool.query('ALTER TABLE outbox_away RENAME TO outbox');
    await place(order());
    expect(await published()).toHaveLength(1);
  });
});
