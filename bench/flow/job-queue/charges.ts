import { randomUUID } from 'node:crypto';
import { add, pool, transaction } from './database.js';
import type { Accepted, Captured, Order } from './jobs.js';

/** Charges orders through the gateway, between two commits: a job that runs again finds its invoice. */
export async function charge(all: readonly Accepted[]): Promise<void> {
  const orders = all.map(({ order }) => order);
  await pool.query(
    `INSERT INTO billing_worker.charge_intents (order_id, amount, currency)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]) ON CONFLICT DO NOTHING`,
    [orders.map((order) => order.orderId), orders.map(({ total }) => total), orders.map(({ currency }) => currency)],
  );
  const chargeIds = await Promise.all(orders.map(askGateway));
  await transaction(async (db) => {
    const captured: Captured[] = [];
    for (const [at, { orderId, total, currency, createdAt }] of orders.entries()) {
      const [invoiceId, capturedAt] = [randomUUID(), new Date().toISOString()];
      const { rows } = await db.executeSql(
        `INSERT INTO billing_worker.invoices (id, order_id, status, amount, currency, charge_id, issued_at)
         VALUES ($1, $2, 'captured', $3, $4, $5, $6) ON CONFLICT (order_id) DO NOTHING RETURNING id`,
        [invoiceId, orderId, total, currency, chargeIds[at], capturedAt],
      );
      const event = { orderId, amount: total, currency, invoiceId, capturedAt, orderCreatedAt: createdAt };
      if (rows.length > 0) captured.push(event);
    }
    await add(db, 'note-captured', captured);
    await add(db, 'count-captured', captured);
  });
}

async function askGateway({ orderId, total, currency }: Order): Promise<string> {
  const answer = await fetch(`${process.env['GATEWAY_URL']}/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': `charge:${orderId}` },
    body: JSON.stringify({ reference: orderId, amount: total, currency }),
    signal: AbortSignal.timeout(5_000),
  });
  const { chargeId } = (await answer.json()) as { readonly chargeId?: string };
  if (chargeId === undefined) throw new Error(`The gateway answered ${answer.status}.`);
  return chargeId;
}
