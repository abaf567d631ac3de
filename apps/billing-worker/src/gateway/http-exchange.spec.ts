import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { HttpExchange } from './http-exchange.js';

const never = new AbortController().signal;
let server: Server;
let sockets: Set<Socket>;
let listener: RequestListener;
let exchange: HttpExchange;

beforeEach(async () => {
  sockets = new Set();
  listener = (_, response) => void response.end('{}');
  server = createServer((request, response) => listener(request, response));
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  exchange = new HttpExchange(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 5_000);
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('sends method, headers and body, and answers status, headers and text', async () => {
  let asked: IncomingMessage | undefined;
  let body = '';
  listener = (request, response) => {
    asked = request;
    void text(request).then((sent) => {
      body = sent;
      response.writeHead(201, { 'x-kind': 'charge' }).end('größer');
    });
  };
  const headers = { 'idempotency-key': 'k' };
  const answer = await exchange.ask('/charges?a=b', never, { method: 'POST', headers, body: '{"ü":1}' });
  expect(answer).toMatchObject({ status: 201, headers: { 'x-kind': 'charge' }, text: 'größer' });
  expect([asked?.method, asked?.url, asked?.headers['idempotency-key'], body]).toEqual([
    'POST',
    '/charges?a=b',
    'k',
    '{"ü":1}',
  ]);
});

it('keeps its connection', async () => {
  for (let n = 0; n < 3; n += 1) await exchange.ask('/', never);
  expect(sockets.size).toBe(1);
});

it('sends a request once more that met the end of a kept connection, and no other', async () => {
  await exchange.ask('/', never);
  let asked = 0;
  listener = (_, response) => {
    asked += 1;
    if (asked === 1) response.socket?.resetAndDestroy();
    else response.end('again');
  };
  expect((await exchange.ask('/', never)).text).toBe('again');
  expect(asked).toBe(2);
  listener = (_, response) => void response.socket?.resetAndDestroy();
  await expect(exchange.ask('/', never)).rejects.toThrow('ECONNRESET');
});

it('rejects what is cut within the answer, and what takes too long for all of it', async () => {
  listener = (_, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('half', () => response.socket?.destroy());
  };
  await expect(exchange.ask('/', never)).rejects.toThrow('aborted');
  listener = (_, response) => void response.writeHead(200).write('half');
  const hasty = new HttpExchange(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 20);
  await expect(hasty.ask('/', never)).rejects.toThrow('timeout: no answer in 20 ms');
});

it('gives up when its signal is aborted, before and during the request', async () => {
  const abort = new AbortController();
  listener = () => abort.abort(new Error('lock lost'));
  await expect(exchange.ask('/', abort.signal)).rejects.toThrow('lock lost');
  await expect(exchange.ask('/', abort.signal)).rejects.toThrow('lock lost');
});
