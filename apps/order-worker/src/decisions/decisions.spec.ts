import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Order, type OrderCancel, orderCancel, orderPlace } from '@orderflow/contracts';
import { type Contract, createEnvelopeWriter, handle, type Outgoing } from '@orderflow/messaging';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { sendWaiting } from '@orderflow/messaging/testing/postgres';
import { endsByAbortWhileLocked, openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { Decisions } from './decisions.js';

const migrations = new URL('../../migrations', import.meta.url);
const write = createEnvelopeWriter('/spec');

let database: ServiceDatabase;
let decisions: Decisions;

beforeEach(async () => {
  database = await openServiceDatabase('order-worker', migrations);
  const messaging = createPostgresMessaging(database);
  decisions = new Decisions({ messaging, topic: 'events', rules: { totalLimit: 10_000 } });
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

const orderOf = (total: number, orderId = 'o-1') =>
  order({ orderId, lines: [{ sku: 'tea', quantity: 1, unitPrice: total }], total });

/** Handles a command as the service does. */
function decide<T extends Order | OrderCancel>(
  contract: Contract<T>,
  payload: T,
  id: string,
  attempt = 1,
  signal = new AbortController().signal,
): Promise<void> {
  const envelope = write(contract, payload, { id, cause: { correlationId: 'c-42', headers: { traceparent: 't' } } });
  const message = { id, type: contract.type, version: contract.version, payload, envelope };
  return handle(contract, decisions).handler(message, { envelope, queue: 'orders', attempt, unsettled: 0, signal });
}

const place = (payload: Order, id = 'm-1', attempt = 1) => decide(orderPlace, payload, id, attempt);

const cancel = (id = 'm-2', reason?: string, orderId = 'o-1') => {
  const command = { orderId, requestedAt: '2026-01-01T00:00:00.000Z', ...(reason !== undefined && { reason }) };
  return decide(orderCancel, command, id);
};

/** Different messages about one order, by the decision that each would come to. */
const command = {
  accepted: (orderId: string) => place(order({ orderId }), `place:${orderId}`),
  rejected: (orderId: string) => place(orderOf(10_001, orderId), `place-too-much:${orderId}`),
  cancelled: (orderId: string) => cancel(`cancel:${orderId}`, undefined, orderId),
};

/** Everything the decisions published, as the relay would send it. */
async function published(): Promise<readonly Outgoing[]> {
  const sent: Outgoing[] = [];
  await sendWaiting(database.pool, 100, async (messages) => void sent.push(...messages));
  return sent;
}

interface DecisionRow {
  readonly order_id: string;
  readonly decision: string;
  readonly reason: string | null;
  readonly message_id: string;
  readonly decided_at: Date;
}

async function recorded(): Promise<readonly DecisionRow[]> {
  return (await database.pool.query<DecisionRow>('SELECT * FROM decisions ORDER BY order_id')).rows;
}

const payloadOf = ({ envelope }: Outgoing) => JSON.parse(Buffer.from(envelope.body).toString());

describe('decisions', () => {
  it('accept an order and say why and since when', async () => {
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
    const payload = payloadOf(event as Outgoing);
    expect(payload).toMatchObject({ order: order(), cause: { messageId: 'm-1', attempt: 3 } });
    expect(event?.envelope.time).toBe(payload.decidedAt);
    expect(await recorded()).toEqual([
      {
        order_id: 'o-1',
        decision: 'accepted',
        reason: null,
        message_id: 'm-1',
        decided_at: new Date(payload.decidedAt),
      },
    ]);
  });

  it.each([
    [10_000, 'accepted'],
    [10_001, 'rejected'],
  ])('take the limit for the highest total there may be: %i is %s', async (total, decision) => {
    await place(orderOf(total));
    expect(await recorded()).toMatchObject([{ decision }]);
    expect((await published()).map(({ envelope }) => envelope.type)).toEqual([`order.${decision}`]);
  });

  it('reject an order against the rules, with the reason', async () => {
    await place(orderOf(10_001));
    const [event] = (await published()).map(payloadOf);
    expect(event).toMatchObject({ reason: { code: 'total-over-limit' } });
    expect(await recorded()).toMatchObject([{ decision: 'rejected', reason: event.reason.text, message_id: 'm-1' }]);
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
    expect(await recorded()).toMatchObject([{ decision: 'cancelled', reason: 'changed my mind', message_id: 'm-2' }]);
  });

  it.each([
    ['accepted', 'rejected', 'cancelled'],
    ['accepted', 'cancelled', 'rejected'],
    ['rejected', 'accepted', 'cancelled'],
    ['rejected', 'cancelled', 'accepted'],
    ['cancelled', 'accepted', 'rejected'],
    ['cancelled', 'rejected', 'accepted'],
  ] as const)('let the first win of three commands: %s, then what would be %s and %s', async (...sequence) => {
    for (const outcome of sequence) await command[outcome]('o-1');
    expect(await recorded()).toMatchObject([{ decision: sequence[0] }]);
    expect((await published()).map(({ envelope }) => envelope.id)).toEqual([`order.${sequence[0]}:o-1`]);
  });

  it('let one win, and tell of that one only, when all commands of many orders arrive together', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `o-${index}`);
    await Promise.all(ids.flatMap((id) => [command.accepted(id), command.cancelled(id), command.rejected(id)]));
    const rows = await recorded();
    expect(rows.map(({ order_id }) => order_id)).toEqual(ids);
    const messageIds = (await published()).map(({ envelope }) => envelope.id);
    expect([...messageIds].sort()).toEqual(
      rows.map(({ order_id, decision }) => `order.${decision}:${order_id}`).sort(),
    );
  });

  it('are told of once when two commands that arrive together come to the same', async () => {
    await Promise.all([place(order(), 'm-1'), place(order(), 'm-2')]);
    const [event, ...others] = await published();
    expect(others).toEqual([]);
    const [decision] = await recorded();
    expect(payloadOf(event as Outgoing).cause.messageId).toBe(decision?.message_id);
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

  it('give up when their delivery does, and leave nothing behind', async () => {
    const given = endsByAbortWhileLocked(database.pool, 'inbox', (signal) =>
      decide(orderPlace, order(), 'm-1', 1, signal),
    );
    expect(await given).toBe(true);
    expect(await recorded()).toEqual([]);
    await place(order());
    expect(await published()).toHaveLength(1);
  });
});
