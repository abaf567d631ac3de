import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Placing, placeOrders } from './place-orders.js';

let server: Server;
let apiUrl: string;
let requests = 0;

beforeEach(async () => {
  requests = 0;
  // An API that refuses every third order.
  server = createServer((request, response) => {
    request.resume();
    requests += 1;
    const order = { id: `order-${requests}`, createdAt: new Date().toISOString() };
    if (requests % 3 === 0) response.writeHead(429).end();
    else response.writeHead(202).end(JSON.stringify(order));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.close();
  await once(server, 'close');
});

describe('placeOrders', () => {
  const schedule = { orders: 30, rate: 1_000 };

  it('places every order once, and counts what is accepted and what is not', async () => {
    let last: Placing | undefined;
    const onChange = (placing: Placing) => void (last = { ...placing });
    const { signal } = new AbortController();
    const placements = await placeOrders({ apiUrl, customerId: 'load-1', schedule, signal, onChange });
    expect(requests).toBe(30);
    expect(last).toEqual({ sent: 30, accepted: 20, failed: 10 });
    expect(placements.filter(({ failure }) => failure === 'HTTP 429')).toHaveLength(10);
    expect(new Set(placements.flatMap(({ order }) => order?.id ?? [])).size).toBe(20);
  });

  it('ends when it is asked to, without a connection left', async () => {
    const stop = new AbortController();
    const onChange = ({ sent }: Placing) => {
      if (sent === 5) stop.abort();
    };
    const endless = { orders: 1_000_000, rate: 1_000 };
    const placing = placeOrders({ apiUrl, customerId: 'load-1', schedule: endless, signal: stop.signal, onChange });
    await expect(placing).rejects.toThrow('aborted');
    expect(requests).toBeLessThan(endless.orders);
  });
});
