import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import type { Order } from './jobs.js';
import { place } from './orders.js';

/** Takes orders on PORT of 127.0.0.1. */
export async function listen(): Promise<void> {
  const line = {
    type: 'object',
    required: ['sku', 'quantity', 'unitPrice'],
    properties: { sku: { type: 'string' }, quantity: { type: 'integer' }, unitPrice: { type: 'integer' } },
  };
  const body = {
    type: 'object',
    additionalProperties: false,
    required: ['customerId', 'currency', 'lines'],
    properties: {
      customerId: { type: 'string' },
      currency: { type: 'string' },
      lines: { type: 'array', minItems: 1, items: line },
    },
  };
  const app = Fastify();
  app.post<{ Body: Pick<Order, 'customerId' | 'currency' | 'lines'> }>(
    '/orders',
    { schema: { body } },
    async (request, reply) => {
      const total = request.body.lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
      const order = { orderId: randomUUID(), ...request.body, total, createdAt: new Date().toISOString() };
      await place(order);
      reply.code(202).header('location', `/orders/${order.orderId}`);
      return { id: order.orderId, status: 'pending', ...request.body };
    },
  );
  app.get('/orders', async () => ({ items: [] }));
  await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
}
