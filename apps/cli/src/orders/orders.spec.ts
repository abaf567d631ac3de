import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { orderflow } from '../../test/command-line.js';
import { Scripts } from '../../test/scripts.js';

const scripts = new Scripts();
let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((closed) => server?.close(closed));
});

afterAll(() => scripts.remove());

type Answers = (path: string) => { readonly status?: number; readonly body: unknown };

/** Serves what order-api would answer; returns how to run a command against it. */
async function serve(answers: Answers) {
  server = createServer((request, response) => {
    const { status = 200, body } = answers(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return (...args: string[]) =>
    orderflow(scripts.directory, { ORDER_API_URL: `http://127.0.0.1:${port}` }, 'orders', ...args);
}

const order = (status: string, more = {}) => ({
  id: '7',
  status,
  customerId: 'ada',
  currency: 'EUR',
  total: 4999,
  createdAt: '2026-01-31T12:00:00.000Z',
  ...more,
});
const accepted = {
  type: 'order.accepted',
  id: 'a',
  time: '2026-01-31T12:00:01.000Z',
  cause: { messageId: 'p', attempt: 2 },
};
const captured = { type: 'payment.captured', id: 'c', time: '2026-01-31T12:00:02.000Z' };

describe('orderflow orders watch', () => {
  it('follows an order that is not known yet to its end, each message once', async () => {
    const states = [undefined, order('accepted'), order('paid', { invoiceId: 'i1' })];
    let looks = 0;
    const run = await serve((path) => {
      if (path === '/orders/7/timeline') return { body: { messages: looks > 2 ? [accepted, captured] : [accepted] } };
      const state = states[looks++];
      return state === undefined ? { status: 404, body: {} } : { body: state };
    });
    const { code, output } = await run('watch', '7');
    expect(code).toBe(0);
    expect(output.trimEnd().split('\n')).toEqual([
      'not heard of yet; waiting',
      '2026-01-31T12:00:01.000Z  order.accepted    a, because of p (attempt 2)',
      '→ accepted',
      '2026-01-31T12:00:02.000Z  payment.captured  c',
      '→ paid',
      'Order 7: paid, EUR 49.99, invoice i1',
    ]);
  });

  it('ends with 1 when the order does not come to an end in time', async () => {
    const run = await serve((path) => ({ body: path.endsWith('timeline') ? { messages: [] } : order('accepted') }));
    const { code, errors } = await run('watch', '7', '--timeout', '0.01');
    expect(code).toBe(1);
    expect(errors).toBe('orderflow: Order 7 is accepted after 0.01 s; --timeout waits longer.\n');
  });

  it('says what order-api said', async () => {
    const run = await serve(() => ({
      status: 503,
      body: { title: 'Unavailable', detail: 'The database does not answer.' },
    }));
    const { errors } = await run('watch', '7');
    expect(errors).toContain('/orders/7 answers 503: The database does not answer.');
  });
});

describe('orderflow orders list', () => {
  it('asks for what was asked for, and shows amounts in major units', async () => {
    const asked: string[] = [];
    const run = await serve((path) => {
      asked.push(path);
      return { body: { items: [order('paid'), order('pending', { currency: 'JPY', total: 500 })] } };
    });
    const { output } = await run('list', '--status', 'paid', '--customer', 'ada', '--limit', '2');
    expect(asked).toEqual(['/orders?limit=2&status=paid&customerId=ada']);
    expect(output).toContain('7   paid     ada       EUR 49.99');
    expect(output).toContain('JPY 500');
  });
});
