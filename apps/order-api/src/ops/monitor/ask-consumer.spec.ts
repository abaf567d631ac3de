import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { RemoteApp } from '../workers/remote-app.js';
import { WorkerHttp } from '../workers/worker-http.js';
import { askConsumer } from './ask-consumer.js';

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((closed) => server?.close(closed));
});

const now = Date.parse('2026-11-27T04:00:00.000Z');
const since = '2026-11-27T03:00:00.000Z';
const working = { queue: 'orders', ordered: null, paused: null };
const outbox = {
  waiting: { messages: 3, isEstimate: false, oldestAgeMs: 61_400 },
  held: { keys: 2, messages: 5, items: [] },
  setAside: { total: 1, items: [] },
};

/** Asks a worker that answers so. */
async function ask(pause: Answer, waiting: Answer = { body: outbox }) {
  server = createServer(({ url }, response) => {
    const { status = 200, body = {} } = url === '/ops/pause' ? pause : waiting;
    response.writeHead(status, { 'content-type': 'application/json', location: '/health/ready' });
    response.end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return askConsumer(new RemoteApp(new WorkerHttp({ name: 'order-worker', url, token: undefined })), () => now);
}

it('learns of a consumer that works what waits in its outbox', async () => {
  expect(await ask({ body: working })).toEqual({
    pausedSeconds: 0,
    outbox: { oldestAgeSeconds: 61, setAside: 1, heldKeys: 2 },
  });
});

it('learns the rest of a consumer of a version that does not tell of its outbox', async () => {
  expect(await ask({ body: working }, { status: 404 })).toEqual({ pausedSeconds: 0 });
});

it('learns for how long a queue is not consumed, and why', async () => {
  const paused = { dependency: 'database', detail: 'no answer', since };
  expect(await ask({ body: { ...working, paused } })).toMatchObject({
    pausedSeconds: 3_600,
    pausedBecause: 'database: no answer',
  });
});

it('learns that somebody paused it, from when on', async () => {
  const paused = { dependency: 'manual', detail: 'ticket 7', since: '2026-11-27T03:30:00.000Z' };
  const ordered = { reason: 'ticket 7', since };
  expect(await ask({ body: { ...working, paused, ordered } })).toMatchObject({
    pausedSeconds: 3_600,
    pausedBecause: 'paused by hand: ticket 7',
  });
});

it.each<readonly [Answer, RegExp]>([
  [{ status: 401 }, /^Its consumer does not answer: .*does not let this service ask \(401\)/],
  [{ status: 404 }, /does not answer: .*answers 404/],
  [{ status: 500 }, /does not answer: .*answers 500/],
  [{ status: 302 }, /does not answer: .*no answer from/],
  [{ body: { colour: 'red' } }, /does not answer: .*another form/],
])('says what is wrong with the answer %j', async (answer, words) => {
  expect(await ask(answer)).toMatch(words);
});
