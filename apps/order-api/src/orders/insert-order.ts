import type { Order } from '@orderflow/contracts';
import type { Parameters } from '../sql/parameters.js';

/** The statement that inserts an order of which nothing else is known yet. */
export function insertOrder(parameters: Parameters, order: Order): string {
  const values = [
    order.orderId,
    order.customerId,
    order.currency,
    order.total,
    JSON.stringify(order.lines),
    new Date(order.createdAt),
    order.scheduledFor === undefined ? null : new Date(order.scheduledFor),
  ];
  return `insert into orders (id, customer_id, currency, total, lines, created_at, scheduled_for)
    values (${parameters.addAll(values)})`;
}
