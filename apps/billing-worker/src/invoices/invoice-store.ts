import type { Order } from '@orderflow/contracts';
import type { SqlTransaction } from '@orderflow/messaging/postgres';

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

  constructor(db: SqlTransaction) {
    this.#db = db;
  }

  /** Records, and commits, that the order is about to be charged; the first intent stays. */
  async intend({ orderId, total, currency }: Order): Promise<ChargeIntent> {
    const { rows } = await this.#db.query(
      `WITH added AS (
         INSERT INTO charge_intents (order_id, amount, currency) VALUES ($1, $2, $3)
         ON CONFLICT (order_id) DO NOTHING RETURNING created_at
       ), intent AS (
         SELECT created_at FROM added UNION ALL SELECT created_at FROM charge_intents WHERE order_id = $1
       )
       SELECT COALESCE(EXTRACT(EPOCH FROM now() - min(created_at)) * 1000, 0)::float8 AS "ageMs",
              EXISTS (SELECT FROM invoices WHERE order_id = $1) AS invoiced
       FROM intent`,
      [orderId, total, currency],
    );
    return rows[0] as unknown as ChargeIntent;
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

/** Whether the invoice is the order's first; a second one changes nothing. */
export async function insertInvoice(tx: SqlTransaction, invoice: Invoice): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO invoices (id, order_id, status, amount, currency, charge_id, reason, issued_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (order_id) DO NOTHING`,
    [
      invoice.id,
      invoice.orderId,
      invoice.status,
      invoice.amount,
      invoice.currency,
      invoice.status === 'captured' ? invoice.chargeId : null,
      invoice.status === 'failed' ? invoice.reason : null,
      invoice.issuedAt,
    ],
  );
  return rowCount === 1;
}
