import { once } from 'node:events';
import { request as send, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Public } from '../access/declare-access.js';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';

let changes = 0;

@Controller()
class ShelfController {
  @Get('books')
  @Public()
  list(): unknown {
    return { changes };
  }
  @Post('books')
  @Public()
  add(): unknown {
    return { changes: ++changes };
  }
}

@Module({ controllers: [ShelfController] })
class ShelfModule {}

const lines: string[] = [];
let service: RunningService;
let port: number;
beforeAll(async () => {
  const logger = createLogger({ name: 'shelf', destination: { write: (line) => void lines.push(line) } });
  const config = {
    PORT: 0,
    HOST: '0.0.0.0',
    // Never asked: what is public here needs no token.
    AUTH_ISSUER: 'https://issuer.example',
    AUTH_AUDIENCE: 'shelf',
    ALLOWED_HOSTS: ['shelf.example'],
    ALLOWED_ORIGINS: ['https://shop.example'],
    LOG_LEVEL: 'info' as const,
    SHUTDOWN_TIMEOUT: 1_000,
  };
  service = await startService({ config, logger, metrics: createMetrics('shelf') }, { module: ShelfModule });
  port = Number(new URL(service.url).port);
});
afterAll(() => service.stop());

async function ask(options: RequestOptions): Promise<{ status: number | undefined; body: string }> {
  const request = send({ host: '127.0.0.1', port, path: '/books', agent: false, ...options });
  request.end();
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await text(response) };
}

/** What is answered to the lines of a request, up to the end of the connection. */
async function say(...head: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end([...head, 'Connection: close', '', ''].join('\r\n'));
  return text(socket);
}

const refused = (code: string) => ({ status: 403, body: expect.stringContaining(`urn:orderflow:problem:${code}`) });

describe('a web page', () => {
  const paths = [
    '/books',
    '/health/live',
    '/health/ready',
    '/health/startup',
    '/metrics',
    '/nowhere',
    '/',
    '/%',
    '/books/%ff',
  ];

  it.each(paths)('whose name leads here cannot use %s', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE']) {
      const answer = await ask({ path, method, headers: { host: 'evil.example', origin: 'http://evil.example' } });
      const expected = refused('host-not-allowed');
      expect([method, answer]).toEqual([method, method === 'HEAD' ? { status: 403, body: '' } : expected]);
    }
  });

  it.each(paths)('of another site cannot use %s', async (path) => {
    expect(await ask({ path, headers: { 'sec-fetch-site': 'cross-site' } })).toEqual(refused('origin-not-allowed'));
    expect(await ask({ path, method: 'POST', headers: { origin: 'null' } })).toEqual(refused('origin-not-allowed'));
  });

  it('cannot open a WebSocket', async () => {
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    expect(await say('GET /books HTTP/1.1', 'Host: evil.example', ...upgrade)).toContain('HTTP/1.1 403');
  });

  it('of the service itself can use it', async () => {
    const own = { 'sec-fetch-site': 'same-origin' };
    expect((await ask({ headers: own })).status).toBe(200);
    const posted = { method: 'POST', headers: { ...own, origin: `http://localhost:${port}` } };
    expect((await ask(posted)).status).toBe(201);
  });

  it('that is allowed can use it from its own site', async () => {
    const headers = { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' };
    expect((await ask({ method: 'POST', headers })).status).toBe(201);
  });

  it('changes nothing where it is refused', async () => {
    const before = changes;
    await ask({ method: 'POST', headers: { host: 'evil.example' } });
    await ask({ method: 'POST', headers: { origin: 'http://evil.example' } });
    expect(changes).toBe(before);
  });
});

describe('a client that is no web page', () => {
  it.each(['localhost', '127.0.0.1', '[::1]', 'shelf.example', 'SHELF.example.'])('calls it %s', async (name) => {
    expect((await ask({ headers: { host: `${name}:${port}` } })).status).toBe(200);
  });

  it('calls it by the address that it reached it at, as probes and scrapes do, and by no other', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((each = []) => each);
    const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    for (const host of ['127.0.0.9', ...(own === undefined ? [] : [own])]) {
      expect([host, (await ask({ host, path: '/health/ready' })).status]).toEqual([host, 200]);
      expect([host, (await ask({ path: '/health/ready', headers: { host } })).status]).toEqual([host, 403]);
    }
  });

  it('may speak HTTP/1.0 without a host', async () => {
    expect(await say('GET /books HTTP/1.0')).toContain('HTTP/1.1 200');
  });

  it('gets an answer when what it sends is no host, or not one', async () => {
    expect(await say('GET /books HTTP/1.1')).toContain('HTTP/1.1 400');
    for (const head of [['Host:'], ['Host: me@localhost'], ['Host: localhost', 'Host: localhost']]) {
      const answer = await say('GET /books HTTP/1.1', ...head);
      expect([head, answer.slice(0, 12)]).toEqual([head, 'HTTP/1.1 400']);
      expect(answer).toContain('urn:orderflow:problem:invalid-host');
    }
    expect(await say('GET http://evil.example/books HTTP/1.1', 'Host: localhost')).toContain('HTTP/1.1 403');
  });
});

it('a refusal is a problem document, logged and counted', async () => {
  const { body } = await ask({ path: '/books?secret=1', headers: { host: 'evil.example:3000' } });
  const detail =
    'This server does not answer for the host evil.example:3000. If it should, add evil.example to ALLOWED_HOSTS.';
  expect(JSON.parse(body)).toEqual({
    type: 'urn:orderflow:problem:host-not-allowed',
    title: 'Host not allowed',
    status: 403,
    detail,
    instance: '/books',
  });
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ level: 'warn', msg: `A request was refused. ${detail}` });
  const metrics = await ask({ path: '/metrics' });
  expect(metrics.body).toMatch(/http_requests_refused_total{code="host-not-allowed",service="shelf"} [1-9]/);
});
