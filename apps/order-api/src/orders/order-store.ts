import type { PostgresTx } from '@orderflow/messaging/postgres';
import type { ListOrdersQuery } from './list-orders-query.js';
import { type OrderRow, viewOf } from './order-row.js';
import type { OrderPage, OrderView } from './order-view.js';
import { fromCursor, toCursor } from './page-cursor.js';

export async function readOrder(db: PostgresTx, id: string): Promise<OrderView | undefined> {
  const { rows } = await db.query('select * from orders where id = $1', [id]);
  return rows[0] && viewOf(rows[0] as unknown as OrderRow);
}

/**
 * One page, newest first. Pages are found by position and not by count, so orders placed meanwhile shift nothing. An
 * order of which only an event without the order has arrived is in no page yet.
 */
export async function listOrders(db: PostgresTx, query: ListOrdersQuery): Promise<OrderPage> {
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
  const conditions = ['created_at is not null'];
  if (status !== undefined) conditions.push(`status = ${parameter(status)}`);
  if (customerId !== undefined) conditions.push(`customer_id = ${parameter(customerId)}`);
  const after = cursor === undefined ? undefined : fromCursor(cursor);
  if (after) conditions.push(`(created_at, id) < (${parameter(after.createdAt)}, ${parameter(after.id)})`);
  const text = `select * from orders where ${conditions.join(' and ')} order by created_at desc, id desc limit $1`;
  return { text, values };
}
