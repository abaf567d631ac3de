/**
 * What a team writes first: Fastify with a schema, and order and message in a transaction by hand, on the schema of
 * order-api. No log, no relay, no keys, no tokens, no limits, no health. The baseline of bench:http; it may be made tidier,
 * never slower. Environment: DATABASE_URL; says its port when it listens.
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import pg from 'pg';

interface Line {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
}
interface Body {
  readonly customerId: string;
  readonly currency: string;
  readonly lines: readonly Line[];
}

const lineSchema = {
  type: 'object',
  required: ['sku', 'quantity', 'unitPrice'],
  properties: { sku: { type: 'string' }, quantity: { type: 'integer' }, unitPrice: { type: 'integer' } },
};
const schema = {
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['customerId', 'currency', 'lines'],
    properties: {
      customerId: { type: 'string' },
      currency: { type: 'string' },
      lines: { type: 'array', minItems: 1, items: lineSchema },
    },
  },
};

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 20 });
pool.on('error', () => undefined);
await pool.query('CREATE TABLE bare_outbox (id bigserial PRIMARY KEY, dest text NOT NULL, body jsonb NOT NULL)');

async function store(orderId: string, { customerId, currency, lines }: Body): Promise<void> {
  const total = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  const createdAt = new Date().toISOString();
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(
      'INSERT INTO orders (id, customer_id, currency, total, lines, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
      [orderId, customerId, currency, total, JSON.stringify(lines), createdAt],
    );
    const message = { orderId, customerId, currency, lines, total, createdAt };
    await client.query('INSERT INTO bare_outbox (dest, body) VALUES ($1, $2)', ['orders', JSON.stringify(message)]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const app = Fastify();
app.post<{ Body: Body }>('/orders', { schema }, async ({ body }, reply) => {
  const id = randomUUID();
  await store(id, body);
  reply.code(202).header('location', `/orders/${id}`);
  return { id, status: 'pending', ...body };
});
await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.((app.server.address() as AddressInfo).port);
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
