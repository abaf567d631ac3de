import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderApi } from '../orders/order-api.js';
import { readOutcomes, waitUntilEnded } from './order-outcomes.js';

interface Answer {
  readonly status: number;
  readonly body: object;
}

const capturedAt = '2026-01-31T12:00:00.000Z';
const page = (items: object[], nextCursor?: string): Answer => ({ status: 200, body: { items, nextCursor } });

let server: Server;
let api: OrderApi;
let answers: (query: URLSearchParams) => Answer;

beforeEach(async () => {
  server = createServer((request, response) => {
    const { status, body } = answers(new URL(request.url ?? '/', 'http://localhost').searchParams);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  api = new OrderApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('readOutcomes', () => {
  it('reads page by page to the last', async () => {
    const pages = new Map<string | null, Answer>([
      [null, page([{ id: 'a', status: 'paid', capturedAt }], 'second')],
      ['second', page([{ id: 'b', status: 'rejected' }], 'third')],
      ['third', page([{ id: 'c', status: 'paid', capturedAt }])],
    ]);
    answers = (query) => pages.get(query.get('cursor')) ?? page([]);
    expect(await readOutcomes(api, 'load-1')).toEqual(
      new Map([
        ['a', { status: 'paid', capturedAt: Date.parse(capturedAt) }],
        ['b', { status: 'rejected' }],
        ['c', { status: 'paid', capturedAt: Date.parse(capturedAt) }],
      ]),
    );
  });
});

describe('waitUntilEnded', () => {
  const { signal } = new AbortController();
  const soon = (): number => performance.now() + 20_000;

  it('waits while orders are pending or accepted, asking for one of each', async () => {
    const left = { pending: 1, accepted: 2 };
    const asked = new Set<string>();
    answers = (query) => {
      const status = query.get('status') as keyof typeof left;
      asked.add(`${query.get('customerId')} ${status} ${query.get('limit')}`);
      left[status] -= 1;
      return page(left[status] >= 0 ? [{ id: 'a', status }] : []);
    };
    expect(await waitUntilEnded(api, 'load-1', soon(), signal)).toBe(true);
    expect([...asked]).toEqual(['load-1 pending 1', 'load-1 accepted 1']);
    expect(left.accepted).toBe(-1);
  });

  it('asks an API again that is too busy', async () => {
    let refusals = 2;
    answers = () => (refusals-- > 0 ? { status: 503, body: { title: 'busy' } } : page([]));
    expect(await waitUntilEnded(api, 'load-1', soon(), signal)).toBe(true);
  });

  it('answers false at the deadline, and rejects when nothing can be known by then', async () => {
    answers = () => page([{ id: 'a', status: 'pending' }]);
    expect(await waitUntilEnded(api, 'load-1', performance.now() - 1, signal)).toBe(false);
    answers = () => ({ status: 503, body: { title: 'busy' } });
    await expect(waitUntilEnded(api, 'load-1', performance.now() - 1, signal)).rejects.toThrow(/503: busy/);
  });
});
