import type { Order } from '@orderflow/contracts';
import { classify } from '@orderflow/messaging';
import { postgresFailures, type SqlTransaction } from '@orderflow/messaging/postgres';
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

/** The intents of different orders, each in its place. Rows are written in the order of their keys. */
async function insertIntents(db: SqlTransaction, orders: readonly Order[]): Promise<readonly ChargeIntent[]> {
  const { rows } = await db.query(
    `WITH wanted AS (
       SELECT order_id, amount, currency
       FROM unnest($1::text[], $2::bigint[], $3::text[]) AS wanted(order_id, amount, currency)
     ), added AS (
       INSERT INTO charge_intents (order_id, amount, currency)
       SELECT order_id, amount, currency FROM wanted ORDER BY order_id
       ON CONFLICT (order_id) DO NOTHING RETURNING order_id, created_at
     )
     SELECT order_id AS "orderId",
            COALESCE(EXTRACT(EPOCH FROM now() - COALESCE(added.created_at, before.created_at)) * 1000, 0)::float8 AS "ageMs",
            EXISTS (SELECT FROM invoices WHERE invoices.order_id = wanted.order_id) AS invoiced
     FROM wanted LEFT JOIN added USING (order_id) LEFT JOIN charge_intents before USING (order_id)`,
    [orders.map(({ orderId }) => orderId), orders.map(({ total }) => total), orders.map(({ currency }) => currency)],
  );
  const intents = new Map((rows as unknown as (ChargeIntent & { orderId: string })[]).map((row) => [row.orderId, row]));
  return orders.map(({ orderId }) => intents.get(orderId) as ChargeIntent);
}

/**
 * Answers the ids of the invoices that are the first of their orders; a second one changes nothing. Rows are written in
 * the order of their keys, so that two transactions cannot wait for each other.
 */
export async function insertInvoices(tx: SqlTransaction, invoices: readonly Invoice[]): Promise<ReadonlySet<unknown>> {
  const { rows } = await tx.query(
    `INSERT INTO invoices (id, order_id, status, amount, currency, charge_id, reason, issued_at)
     SELECT id, order_id, status, amount, currency, charge_id, reason, issued_at
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
       AS invoice(id, order_id, status, amount, currency, charge_id, reason, issued_at)
     ORDER BY order_id ON CONFLICT (order_id) DO NOTHING RETURNING id`,
    [
      invoices.map(({ id }) => id),
      invoices.map(({ orderId }) => orderId),
      invoices.map(({ status }) => status),
      invoices.map(({ amount }) => amount),
      invoices.map(({ currency }) => currency),
      invoices.map((invoice) => (invoice.status === 'captured' ? invoice.chargeId : null)),
      invoices.map((invoice) => (invoice.status === 'failed' ? invoice.reason : null)),
      invoices.map(({ issuedAt }) => issuedAt),
    ],
  );
  return new Set(rows.map((row) => row['id']));
}
