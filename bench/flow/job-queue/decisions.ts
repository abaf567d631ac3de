import type { Db } from 'pg-boss';
import { add } from './database.js';
import type { Accepted, Order } from './jobs.js';

/** Accepts every order. */
export async function decide(orders: readonly Order[], db: Db): Promise<void> {
  const decidedAt = new Date().toISOString();
  for (const { orderId } of orders) {
    await db.executeSql(
      `INSERT INTO order_worker.decisions (order_id, decision, message_id, decided_at) VALUES ($1, 'accepted', $2, $3)`,
      [orderId, `decide:${orderId}`, decidedAt],
    );
  }
  const accepted = orders.map((order): Accepted => ({ order, decidedAt }));
  await add(db, 'charge', accepted);
  await add(db, 'note-accepted', accepted);
  await add(db, 'count-accepted', accepted);
}
