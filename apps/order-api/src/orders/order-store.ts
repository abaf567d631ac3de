import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { ListOrdersQuery } from './list-orders-query.js';
import { type OrderRow, viewOf } from './order-row.js';
import type { OrderPage, OrderView } from './order-view.js';
import { fromCursor, toCursor } from './page-cursor.js';

/**
 * Notes that a pending order is to be cancelled, and returns it as it is then; undefined when it is not pending. Of two
 * requests at once the second waits for the first at the order's row, and then finds it not pending.
 */
export async function requestCancel(
  tx: SqlTransaction,
  orderId: string,
  { requestedAt, reason }: { readonly requestedAt: Date; readonly reason: string | undefined },
): Promise<OrderView | undefined> {
  const { rows } = await tx.query(
    `UPDATE orders SET cancel_requested_at = $2, cancel_reason = $3
     WHERE id = $1 AND status = 'pending' RETURNING *`,
    [orderId, requestedAt, reason],
  );
  return rows[0] && viewOf(rows[0] as unknown as OrderRow);
}

export async function readOrder(db: SqlTransaction, id: string): Promise<OrderView | undefined> {
  const { rows } = await db.query('SELECT * FROM orders WHERE id = $1', [id]);
  return rows[0] && viewOf(rows[0] as unknown as OrderRow);
}

/**
 * One page, newest first. Pages are found by position and not by count, so orders placed meanwhile shift nothing. An
 * order of which only an event without the order has arrived is in no page yet.
 */
export async function listOrders(db: SqlTransaction, query: ListOrdersQuery): Promise<OrderPage> {
  const { text, values } = listStatement(query);
  const rows = (await db.query(text, values)).rows as unknown as OrderRow[];
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const page = { items: shown.map(viewOf) };
  if (rows.length <= query.limit || !last?.created_at) return page;
  return { ...page, nextCursor: toCursor({ createdAt: last.created_at, id: last.id }) };
}

/** Asks for one row more than shown: whether there is a next page. */
function listStatement({ status, customerId, cursor, limit }: ListOrdersQuery): { text: string; values: unknown[] } {
  const values: unknown[] = [limit + 1];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const conditions = ['created_at IS NOT NULL'];
  if (status !== undefined) conditions.push(`status = ${parameter(status)}`);
  if (customerId !== undefined) conditions.push(`customer_id = ${parameter(customerId)}`);
  const after = cursor === undefined ? undefined : fromCursor(cursor);
  if (after) conditions.push(`(created_at, id) < (${parameter(after.createdAt)}, ${parameter(after.id)})`);
  const text = `SELECT * FROM orders WHERE ${conditions.join(' AND ')} ORDER BY created_at DESC, id DESC LIMIT $1`;
  return { text, values };
}
