/** Orders and their timeline. */
import type { Db } from 'pg-boss';
import { add, transaction } from './database.js';
import type { Accepted, Captured, Order } from './jobs.js';

/** Stores an order, and the job to decide it. */
export async function place(order: Order): Promise<void> {
  const { orderId, customerId, currency, total, lines, createdAt } = order;
  await transaction(async (db) => {
    await db.executeSql(
      `INSERT INTO order_api.orders (id, customer_id, currency, total, lines, created_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [orderId, customerId, currency, total, JSON.stringify(lines), createdAt],
    );
    await note(db, orderId, 'order.place', createdAt);
    await add(db, 'decide', [order]);
  });
}

export async function noteAccepted(all: readonly Accepted[], db: Db): Promise<void> {
  for (const { order, decidedAt } of all) {
    await db.executeSql('UPDATE order_api.orders SET accepted_at = $2 WHERE id = $1', [order.orderId, decidedAt]);
    await note(db, order.orderId, 'order.accepted', decidedAt);
  }
}

export async function noteCaptured(all: readonly Captured[], db: Db): Promise<void> {
  for (const { orderId, capturedAt, invoiceId } of all) {
    await db.executeSql('UPDATE order_api.orders SET captured_at = $2, invoice_id = $3 WHERE id = $1', [
      orderId,
      capturedAt,
      invoiceId,
    ]);
    await note(db, orderId, 'payment.captured', capturedAt);
  }
}

/** A line of the order's timeline. */
async function note(db: Db, orderId: string, type: string, time: string): Promise<void> {
  await db.executeSql(
    `INSERT INTO order_api.order_messages (order_id, message_id, type, time) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [orderId, `${type}:${orderId}`, type, time],
  );
}
