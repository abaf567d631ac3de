import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OrderPoster, type Placement } from './order-poster.js';
import { keepSchedule, realClock } from './schedule.js';

let server: Server;
let poster: OrderPoster;

/** An HTTP server that answers requests as a test wants, and a poster to it. */
async function start(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  server = createServer((request, response) => {
    request.resume();
    request.once('end', () => answer(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  poster = new OrderPoster(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'load-1');
}

const accept = (response: ServerResponse): void => {
  const order = { id: 'order-1', createdAt: new Date().toISOString() };
  response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(order));
};

afterEach(async () => {
  poster.close();
  server.close();
  await once(server, 'close');
});

describe('OrderPoster', () => {
  it('answers id and time of an accepted order, and sends each with a key of its own', async () => {
    const keys = new Set<string>();
    await start(({ headers, url }, response) => {
      keys.add(`${url} ${headers['idempotency-key'] as string}`);
      accept(response);
    });
    const intendedAt = realClock.now();
    const placements = await Promise.all([poster.place(intendedAt), poster.place(intendedAt)]);
    expect(placements[0]?.order).toEqual({ id: 'order-1', createdAt: expect.any(Number) });
    expect([...keys]).toEqual([expect.stringMatching(/^\/orders "[\w-]+"$/), expect.any(String)]);
    for (const { sentAt, answeredAt } of placements) {
      expect(intendedAt).toBeLessThanOrEqual(sentAt);
      expect(sentAt).toBeLessThan(answeredAt);
    }
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['a refusal', (response) => response.writeHead(503).end(), 'HTTP 503'],
    ['an answer that is no order', (response) => response.writeHead(202).end('<html>'), 'unreadable answer'],
    ['a cut connection', (response) => response.socket?.destroy(), 'ECONNRESET'],
  ])('counts %s as a failure', async (_, answer, failure) => {
    await start((_request, response) => answer(response));
    expect(await poster.place(realClock.now())).toMatchObject({ failure });
  });

  it('counts the waiting behind a stall, although each request itself is answered at once', async () => {
    const stallMs = 300;
    let first = true;
    await start((_request, response) => {
      // The whole server stands still, as one does that collects garbage.
      for (const until = performance.now() + stallMs; first && performance.now() < until; );
      first = false;
      accept(response);
    });
    const placed: Promise<Placement>[] = [];
    const send = (_index: number, intendedAt: number) => void placed.push(poster.place(intendedAt));
    await keepSchedule({ orders: 20, rate: 100 }, send, new AbortController().signal);
    const latencies = (await Promise.all(placed)).map(({ intendedAt, answeredAt }) => answeredAt - intendedAt);
    // Of 20 orders in 200 ms all had to wait, the last for at least 100 ms less than the first.
    expect(Math.max(...latencies)).toBeGreaterThanOrEqual(stallMs - 1);
    expect(latencies.filter((latency) => latency > stallMs - 210).length).toBeGreaterThanOrEqual(19);
  });
});
