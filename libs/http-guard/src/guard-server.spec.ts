import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from '@jest/globals';
import { createAllowList } from './allow-list.js';
import { guardServer } from './guard-server.js';
import { HttpGuard } from './http-guard.js';

const settings = { hosts: 'ALLOWED_HOSTS', origins: 'ALLOWED_ORIGINS' };
let server: Server;
let codes: string[];
let seen: string[];
afterEach(async () => {
  server.closeAllConnections();
  if (server.listening) await once(server.close(), 'close');
});

/** A server that notes what it is handed and answers all of it with 204. */
async function start(requireHostHeader = true): Promise<void> {
  codes = [];
  seen = [];
  server = createServer({ requireHostHeader });
  guardServer(server, new HttpGuard({ allowed: createAllowList(), settings }), ({ code }) => void codes.push(code));
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    server.on(event, (_request, response) => {
      seen.push(event);
      response.writeHead(204).end();
    });
  }
  for (const event of ['upgrade', 'connect']) {
    server.on(event, (_request, socket: Duplex) => {
      seen.push(event);
      socket.end('HTTP/1.1 204 No Content\r\n\r\n');
    });
  }
  await once(server.listen(0, '127.0.0.1'), 'listening');
}

async function say(...lines: readonly string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.end([...lines, '', ''].join('\r\n'));
  return text(socket);
}

it.each([
  ['request', ['GET / HTTP/1.1']],
  ['checkContinue', ['POST / HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 0']],
  ['checkExpectation', ['POST / HTTP/1.1', 'Expect: wonders', 'Content-Length: 0']],
  ['upgrade', ['GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket']],
  ['connect', ['CONNECT localhost:80 HTTP/1.1']],
])('a %s is handed out only when it is allowed, whoever listened first', async (event, lines) => {
  await start();
  expect(await say(...lines, 'Host: evil.example')).toMatch(
    /^HTTP\/1\.1 403 Forbidden\r\n[^]*content-type: application\/problem\+json[^]*urn:orderflow:problem:host-not-allowed/i,
  );
  expect([seen, codes]).toEqual([[], ['host-not-allowed']]);
  expect(await say(...lines, 'Host: localhost')).toContain('HTTP/1.1 204');
  expect([seen, codes.length]).toEqual([[event], 1]);
});

it('a connection is asked about each of its requests', async () => {
  await start();
  const request = (host: string) => ['GET / HTTP/1.1', `Host: ${host}`, ''];
  const answers = await say(...request('localhost'), ...request('evil.example'), 'GET / HTTP/1.1', 'Host: localhost');
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 204', 'HTTP/1.1 403', 'HTTP/1.1 204']);
});

it('a request without a host is answered so, where the server leaves it to the guard', async () => {
  await start(false);
  expect(await say('GET / HTTP/1.1')).toMatch(/^HTTP\/1\.1 400 [^]*urn:orderflow:problem:invalid-host/);
  expect(await say('GET / HTTP/1.0')).toContain('HTTP/1.1 204');
});

it('a server that closes does not wait for what a stranger sends next', async () => {
  await start();
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: evil.example\r\n');
  await once(server, 'connection');
  const closed = once(server.close(), 'close');
  socket.write('\r\n');
  expect(await text(socket)).toMatch(/HTTP\/1\.1 403 [^]*connection: close/i);
  await closed;
});
