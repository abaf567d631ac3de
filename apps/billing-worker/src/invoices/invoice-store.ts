import type { Order } from '@orderflow/contracts';
import { classify, type Outgoing } from '@orderflow/messaging';
import { type HandledEffect, postgresFailures, RowColumns, type SqlTransaction } from '@orderflow/messaging/postgres';
import { callTogether } from '@orderflow/service-kit';

interface InvoiceDetails {
  readonly id: string;
  readonly orderId: string;
  /** Minor units of `currency`. */
  readonly amount: number;
  readonly currency: string;
  /** ISO 8601 in UTC. */
  readonly issuedAt: string;
}

/** What an order's charge came to; one an order. */
export type Invoice =
  | (InvoiceDetails & { readonly status: 'captured'; readonly chargeId: string })
  | (InvoiceDetails & { readonly status: 'failed'; readonly reason: string });

export interface ChargeIntent {
  /** Milliseconds since it was first recorded that this order is to be charged. */
  readonly ageMs: number;
  /** The order has its invoice; there is nothing left to charge. */
  readonly invoiced: boolean;
}

/** What billing remembers of orders. */
export class InvoiceStore {
  readonly #db: SqlTransaction;
  readonly #intend: (order: Order) => Promise<ChargeIntent>;

  constructor(db: SqlTransaction) {
    this.#db = db;
    this.#intend = callTogether({
      all: (orders) => insertIntents(db, orders),
      keyOf: ({ orderId }) => orderId,
      isAway: (error) => classify(postgresFailures, error) === 'dependency-away',
    });
  }

  /** Records, and commits, that the order is about to be charged; the first intent stays. Those at the same time together. */
  intend(order: Order): Promise<ChargeIntent> {
    return this.#intend(order);
  }

  async ofOrder(orderId: string): Promise<Invoice | undefined> {
    const { rows } = await this.#db.query(
      `SELECT jsonb_strip_nulls(jsonb_build_object(
         'id', id, 'orderId', order_id, 'status', status, 'amount', amount, 'currency', currency,
         'chargeId', charge_id, 'reason', reason,
         'issuedAt', to_char(issued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) AS invoice
       FROM invoices WHERE order_id = $1`,
      [orderId],
    );
    return rows[0]?.['invoice'] as Invoice | undefined;
  }
}

const intentColumns = new RowColumns<Order>(
  ['order_id', 'text', ({ orderId }) => orderId],
  ['amount', 'bigint', ({ total }) => total],
  ['currency', 'text', ({ currency }) => currency],
);

/** The intents of different orders, each in its place. Rows are written in the order of their keys. */
async function insertIntents(db: SqlTransaction, orders: readonly Order[]): Promise<readonly ChargeIntent[]> {
  const { rows } = await db.query(
    `WITH wanted AS (
       SELECT ${intentColumns.list} FROM ${intentColumns.asTable('wanted')}
     ), added AS (
       INSERT INTO charge_intents (${intentColumns.list})
       SELECT ${intentColumns.list} FROM wanted ORDER BY order_id
       ON CONFLICT (order_id) DO NOTHING RETURNING order_id, created_at
     )
     SELECT order_id AS "orderId",
            COALESCE(EXTRACT(EPOCH FROM now() - COALESCE(added.created_at, before.created_at)) * 1000, 0)::float8 AS "ageMs",
            EXISTS (SELECT FROM invoices WHERE invoices.order_id = wanted.order_id) AS invoiced
     FROM wanted LEFT JOIN added USING (order_id) LEFT JOIN charge_intents before USING (order_id)`,
    [...intentColumns.values(orders)],
  );
  const intents = new Map((rows as unknown as (ChargeIntent & { orderId: string })[]).map((row) => [row.orderId, row]));
  return orders.map(({ orderId }) => intents.get(orderId) as ChargeIntent);
}

/** An invoice, the message that it comes from, and the event that tells of it. */
export interface NewInvoice {
  readonly messageId: string;
  readonly invoice: Invoice;
  readonly event: Outgoing;
}

/** Of an invoice, its message and the id of its event. */
const columns = new RowColumns<NewInvoice>(
  ['id', 'uuid', ({ invoice }) => invoice.id],
  ['order_id', 'text', ({ invoice }) => invoice.orderId],
  ['status', 'text', ({ invoice }) => invoice.status],
  ['amount', 'bigint', ({ invoice }) => invoice.amount],
  ['currency', 'text', ({ invoice }) => invoice.currency],
  ['charge_id', 'text', ({ invoice }) => (invoice.status === 'captured' ? invoice.chargeId : null)],
  ['reason', 'text', ({ invoice }) => (invoice.status === 'failed' ? invoice.reason : null)],
  ['issued_at', 'timestamptz', ({ invoice }) => invoice.issuedAt],
  ['message_id', 'text', ({ messageId }) => messageId],
  ['event_id', 'text', ({ event }) => event.envelope.id],
);
const text = `
  charged AS (SELECT ${columns.list} FROM ${columns.asTable('charged')} JOIN handled USING (message_id)),
  invoiced AS (
    INSERT INTO invoices (id, order_id, status, amount, currency, charge_id, reason, issued_at)
    SELECT id, order_id, status, amount, currency, charge_id, reason, issued_at FROM charged
    ORDER BY order_id ON CONFLICT (order_id) DO NOTHING RETURNING id
  )`;

/**
 * Writes the invoices that are the first of their orders, and publishes those; a second one changes nothing. Rows are
 * written in the order of their keys, so that two statements cannot wait for each other.
 */
export function invoicesOf(all: readonly NewInvoice[]): HandledEffect {
  const first = [...new Map(all.toReversed().map((one) => [one.invoice.orderId, one])).values()];
  return {
    text,
    values: columns.values(first),
    sends: {
      messages: first.map(({ event }) => event),
      ids: 'SELECT event_id FROM charged JOIN invoiced USING (id)',
    },
  };
}
