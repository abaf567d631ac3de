// A textbook stack doing the whole flow: Fastify + pg + the SDK's subscribe + a hand-written inbox and a polled outbox.
// One process a role (first argument: api, order, billing, analytics), on the system's own broker, gateway, topology and
// migrated databases. Environment: DATABASE_URL, SB (connection string), GW (gateway's URL), PORT (api only).
// What it leaves out, in its own favour: metrics, delayed retries, lock renewal beyond the SDK's, one shard of analytics,
// a simpler status, tokens, limits, health. The baseline of bench:flow; it may be made tidier, never slower.
import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import Fastify from 'fastify';
import pg from 'pg';
import { pino } from 'pino';
import { z } from 'zod';

const role = process.argv[2];
const log = pino({ name: role });
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
pool.on('error', () => {});
const bus = new ServiceBusClient(process.env.SB);
const senders = {};
const sender = (d) => (senders[d] ??= bus.createSender(d));
await pool.query(
  'create table if not exists tb_outbox (id bigserial primary key, dest text not null, message_id text not null, subject text not null, body jsonb not null)',
);
const line = z.object({ sku: z.string(), quantity: z.number().int(), unitPrice: z.number().int() });
const order = z.object({
  orderId: z.string(),
  customerId: z.string(),
  currency: z.string(),
  lines: z.array(line),
  total: z.number().int(),
  createdAt: z.string(),
});
const schemas = {
  'order.place': order,
  'order.accepted': z.object({ order, decidedAt: z.string() }),
  'payment.captured': z.object({
    orderId: z.string(),
    amount: z.number(),
    currency: z.string(),
    invoiceId: z.string(),
    capturedAt: z.string(),
    orderCreatedAt: z.string(),
  }),
};
async function tx(work) {
  const c = await pool.connect();
  try {
    await c.query('BEGIN');
    const r = await work(c);
    await c.query('COMMIT');
    return r;
  } catch (e) {
    await c.query('ROLLBACK');
    throw e;
  } finally {
    c.release();
  }
}
const add = (c, dest, id, subject, body) =>
  c.query('INSERT INTO tb_outbox (dest, message_id, subject, body) VALUES ($1,$2,$3,$4)', [
    dest,
    id,
    subject,
    JSON.stringify(body),
  ]);
async function relay() {
  for (;;) {
    let n = 0;
    try {
      n = await tx(async (c) => {
        const { rows } = await c.query('SELECT * FROM tb_outbox ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED');
        if (!rows.length) return 0;
        const by = {};
        for (const r of rows)
          (by[r.dest] ??= []).push({
            body: r.body,
            messageId: r.message_id,
            subject: r.subject,
            contentType: 'application/json',
            applicationProperties: { cloudEvents_type: r.subject },
          });
        for (const d of Object.keys(by)) await sender(d).sendMessages(by[d]);
        await c.query('DELETE FROM tb_outbox WHERE id = ANY($1)', [rows.map((r) => r.id)]);
        return rows.length;
      });
    } catch (e) {
      log.warn(e);
    }
    if (n < 100) await new Promise((r) => setTimeout(r, 100));
  }
}
function consume(queue, handle) {
  bus.createReceiver(queue).subscribe(
    {
      processMessage: async (m) => {
        const t = performance.now();
        const type = m.subject;
        const body = schemas[type].parse(m.body);
        await handle(type, body, String(m.messageId));
        log.info({ queue, messageId: m.messageId, type, ms: performance.now() - t }, 'message handled');
      },
      processError: async (e) => log.warn(e.error),
    },
    { maxConcurrentCalls: 16 },
  );
}
const once = (consumer, id, work) =>
  tx(async (c) => {
    const { rowCount } = await c.query(
      'INSERT INTO inbox (consumer, message_id) VALUES ($1,$2) ON CONFLICT DO NOTHING',
      [consumer, id],
    );
    if (rowCount) await work(c);
  });
if (role === 'api') {
  relay();
  const app = Fastify({ loggerInstance: log });
  const schema = {
    body: {
      type: 'object',
      additionalProperties: false,
      required: ['customerId', 'currency', 'lines'],
      properties: {
        customerId: { type: 'string' },
        currency: { type: 'string' },
        lines: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['sku', 'quantity', 'unitPrice'],
            properties: { sku: { type: 'string' }, quantity: { type: 'integer' }, unitPrice: { type: 'integer' } },
          },
        },
      },
    },
  };
  app.post('/orders', { schema }, async (q, r) => {
    const b = q.body,
      o = {
        orderId: randomUUID(),
        ...b,
        total: b.lines.reduce((s, l) => s + l.quantity * l.unitPrice, 0),
        createdAt: new Date().toISOString(),
      },
      id = randomUUID();
    await tx(async (c) => {
      await c.query(
        'INSERT INTO orders (id, customer_id, currency, total, lines, created_at) VALUES ($1,$2,$3,$4,$5,$6)',
        [o.orderId, o.customerId, o.currency, o.total, JSON.stringify(o.lines), o.createdAt],
      );
      await c.query('INSERT INTO order_messages (order_id, message_id, type, time) VALUES ($1,$2,$3,$4)', [
        o.orderId,
        id,
        'order.place',
        o.createdAt,
      ]);
      await add(c, 'orders', id, 'order.place', o);
    });
    r.code(202).header('location', '/orders/' + o.orderId);
    return { id: o.orderId, status: 'pending', ...b };
  });
  app.get('/orders', { logLevel: 'silent' }, async (q) => {
    const { rows } = await pool.query('SELECT id FROM orders WHERE customer_id=$1 AND status=$2 LIMIT 1', [
      q.query.customerId,
      q.query.status,
    ]);
    return { items: rows };
  });
  consume('order-status', (type, e, id) =>
    once('api', id, async (c) => {
      const oid = e.orderId ?? e.order.orderId;
      if (type === 'order.accepted') await c.query('UPDATE orders SET accepted_at=$2 WHERE id=$1', [oid, e.decidedAt]);
      else
        await c.query('UPDATE orders SET captured_at=$2, invoice_id=$3 WHERE id=$1', [oid, e.capturedAt, e.invoiceId]);
      await c.query(
        'INSERT INTO order_messages (order_id, message_id, type, time) VALUES ($1,$2,$3,now()) ON CONFLICT DO NOTHING',
        [oid, id, type],
      );
    }),
  );
  await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
}
if (role === 'order') {
  relay();
  consume('orders', (type, o, id) =>
    once('order', id, async (c) => {
      const at = new Date().toISOString();
      const { rowCount } = await c.query(
        'INSERT INTO decisions (order_id, decision, reason, message_id, decided_at) VALUES ($1,$2,$3,$4,$5) ON CONFLICT DO NOTHING',
        [o.orderId, 'accepted', null, id, at],
      );
      if (rowCount)
        await add(c, 'events', 'order.accepted:' + o.orderId, 'order.accepted', { order: o, decidedAt: at });
    }),
  );
}
if (role === 'billing') {
  relay();
  consume('billing', async (type, { order: o }, id) => {
    await pool.query(
      'INSERT INTO charge_intents (order_id, amount, currency) VALUES ($1,$2,$3) ON CONFLICT DO NOTHING',
      [o.orderId, o.total, o.currency],
    );
    const r = await fetch(process.env.GW + '/charges', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'charge:' + o.orderId },
      body: JSON.stringify({ reference: o.orderId, amount: o.total, currency: o.currency }),
      signal: AbortSignal.timeout(5000),
    });
    const a = await r.json();
    await once('billing', id, async (c) => {
      const inv = randomUUID(),
        at = new Date().toISOString();
      const { rowCount } = await c.query(
        'INSERT INTO invoices (id, order_id, status, amount, currency, charge_id, reason, issued_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8) ON CONFLICT (order_id) DO NOTHING',
        [inv, o.orderId, 'captured', o.total, o.currency, a.chargeId, null, at],
      );
      if (rowCount)
        await add(c, 'events', 'payment.captured:' + o.orderId, 'payment.captured', {
          orderId: o.orderId,
          amount: o.total,
          currency: o.currency,
          invoiceId: inv,
          capturedAt: at,
          orderCreatedAt: o.createdAt,
        });
    });
  });
}
if (role === 'analytics') {
  const E = (t, k, v) =>
    `INSERT INTO ${t} VALUES (date_trunc('minute', $1::timestamptz), $2, 0, $3) ON CONFLICT (minute, ${k}, shard) DO UPDATE SET ${v} = ${t}.${v} + excluded.${v}`;
  consume('analytics', (type, e, id) =>
    once('analytics', id, async (c) => {
      const at = e.capturedAt ?? e.decidedAt;
      await c.query(E('event_counts', 'type', 'events'), [at, type, 1]);
      if (type === 'payment.captured') {
        await c.query(E('revenue', 'currency', 'amount'), [at, e.currency, e.amount]);
        await c.query(E('latencies', 'bucket', 'orders'), [
          at,
          Math.min(99, Math.floor(Math.log2(1 + Date.parse(e.capturedAt) - Date.parse(e.orderCreatedAt)) * 4)),
          1,
        ]);
      }
    }),
  );
}
