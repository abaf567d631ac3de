import { once } from 'node:events';
import { request as send, type RequestOptions } from 'node:http';
import { request as sendSecurely } from 'node:https';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { type Broker, startBroker } from '../broker.js';
import { adminClient } from '../testing/admin.js';

const lines: string[] = [];
let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({
    host: '0.0.0.0',
    tls: 'generate',
    managementPort: 0,
    allowedHosts: ['broker.example'],
    allowedOrigins: ['https://tools.example'],
    log: (_level, message) => void lines.push(message),
  });
});
afterAll(() => broker.close());

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

async function ask(options: RequestOptions, body?: string): Promise<Answer> {
  const request = send({ host: '127.0.0.1', port: broker.port, agent: false, ...options });
  request.end(body);
  const [response] = await once(request, 'response');
  return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) };
}

/** What is answered to the lines of a request, up to the end of the connection. */
async function say(...head: readonly string[]): Promise<string> {
  const socket = connect(broker.port, '127.0.0.1');
  socket.end([...head, 'Connection: close', '', ''].join('\r\n'));
  return text(socket);
}

const refused = (code: string) => ({
  status: 403,
  type: 'application/problem+json; charset=utf-8',
  body: expect.stringContaining(`"type":"urn:orderflow:problem:${code}"`),
});
const evil = { host: 'evil.example' };
const everyPath = [
  '/health',
  '/entities',
  '/messages/q',
  '/clock',
  '/traffic',
  '/topology',
  '/faults',
  '/nowhere',
  '/$Resources/Queues?api-version=2021-05',
  '/evil?api-version=2021-05',
];

describe.each([
  ['the port for everything', () => broker.port],
  ['the port for administration', () => broker.managementPort],
])('on %s a web page', (_name, port) => {
  it.each(everyPath)('whose name leads here cannot use %s', async (path) => {
    const options = { port: port(), path, headers: { ...evil, origin: 'http://evil.example' } };
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect([method, await ask({ ...options, method }, 'x')]).toEqual([method, refused('host-not-allowed')]);
    }
  });

  it.each(everyPath)('of another site cannot use %s', async (path) => {
    const foreign = { 'sec-fetch-site': 'cross-site' };
    expect(await ask({ port: port(), path, headers: foreign })).toEqual(refused('origin-not-allowed'));
    const origin = { origin: 'http://evil.example' };
    expect(await ask({ port: port(), path, method: 'POST', headers: origin }, '{}')).toEqual(
      refused('origin-not-allowed'),
    );
  });

  it('cannot open a WebSocket, under any name', async () => {
    for (const [code, headers] of [
      ['host-not-allowed', { ...evil, origin: 'http://evil.example' }],
      ['origin-not-allowed', { origin: 'http://evil.example' }],
    ] as const) {
      const webSocket = new WebSocket(`ws://127.0.0.1:${port()}/$servicebus/websocket`, 'AMQPWSB10', { headers });
      const [, response] = await once(webSocket, 'unexpected-response');
      expect(response.statusCode).toBe(403);
      expect(JSON.parse(await text(response))).toMatchObject({ type: `urn:orderflow:problem:${code}` });
    }
  });
});

it('changes nothing for a request that it refuses', async () => {
  const before = await ask({ path: '/clock' });
  await ask({ path: '/clock', method: 'POST', headers: evil }, '{"advance":"P1D"}');
  const created = '<entry xmlns="http://www.w3.org/2005/Atom"><content><QueueDescription/></content></entry>';
  await ask({ path: '/evil?api-version=2021-05', method: 'PUT', headers: evil }, created);
  expect(broker.namespace.registry.find('evil')).toBeUndefined();
  const ahead = ({ body }: Answer) => (JSON.parse(body) as { readonly ahead: string }).ahead;
  expect(ahead(await ask({ path: '/clock' }))).toBe(ahead(before));
});

describe('a client that is no web page', () => {
  it.each(['localhost', 'broker.example', 'BROKER.example.', '127.0.0.1', '[::1]'])('calls it %s', async (name) => {
    expect((await ask({ path: '/entities', headers: { host: `${name}:${broker.port}` } })).status).toBe(200);
  });

  it('calls it by the address that it reached it at, and by no other', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((each = []) => each);
    const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    // Also of loopback there are more than the one that is always allowed.
    for (const host of ['127.0.0.9', ...(own === undefined ? [] : [own])]) {
      expect([host, (await ask({ host, path: '/entities' })).status]).toEqual([host, 200]);
      expect((await ask({ path: '/entities', headers: { host } })).status).toBe(403);
    }
  });

  it('does the same inside TLS', async () => {
    const secure = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const options = {
          host: '127.0.0.9',
          port: broker.port,
          path: '/entities',
          ca: broker.certificate,
          agent: false,
        };
        const trusted = { checkServerIdentity: () => undefined, headers };
        sendSecurely({ ...options, ...trusted }, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    expect([await secure({}), await secure(evil), await secure({ host: '127.0.0.8' })]).toEqual([200, 403, 403]);
  });

  it('may speak HTTP/1.0 without a host, and to a whole URL', async () => {
    expect(await say('GET /health HTTP/1.0')).toContain('HTTP/1.1 200');
    expect(await say('GET http://localhost/health HTTP/1.1', 'Host: localhost')).toContain('HTTP/1.1 200');
  });

  it('is told when what it sends is no host, or not one', async () => {
    for (const head of [
      ['GET /health HTTP/1.1'],
      ['GET /health HTTP/1.1', 'Host:'],
      ['GET /health HTTP/1.1', 'Host: me@localhost'],
      ['GET /health HTTP/1.1', 'Host: localhost', 'Host: evil.example'],
      ['GET /health HTTP/1.1', 'Host: localhost', 'Host: localhost'],
    ]) {
      const answer = await say(...head);
      expect(answer).toContain('HTTP/1.1 400');
      expect(answer).toContain('urn:orderflow:problem:invalid-host');
    }
    for (const target of ['http://evil.example/health', 'HTTPS://evil.example/health']) {
      expect(await say(`GET ${target} HTTP/1.1`, 'Host: localhost')).toContain('HTTP/1.1 403');
    }
  });
});

it('lets in the pages that it was told to', async () => {
  const headers = { origin: 'https://tools.example', 'sec-fetch-site': 'cross-site' };
  expect((await ask({ path: '/entities', headers })).status).toBe(200);
});

it('says what it refused, and what to change, to the client and in its log', async () => {
  const { body } = await ask({ path: '/entities?secret', headers: evil });
  expect(JSON.parse(body)).toEqual({
    type: 'urn:orderflow:problem:host-not-allowed',
    title: 'Host not allowed',
    status: 403,
    detail: expect.stringContaining('add evil.example to allowedHosts (--allow-host)'),
    instance: '/entities',
  });
  expect(lines.at(-1)).toContain('add evil.example to allowedHosts (--allow-host)');
});

it('tells the administration client, which keeps it in its error', async () => {
  const admin = adminClient(broker);
  admin.pipeline.addPolicy({
    name: 'anotherName',
    sendRequest(request, next) {
      request.headers.set('host', 'evil.example');
      return next(request);
    },
  });
  const bodyAsText = expect.stringContaining('add evil.example to allowedHosts');
  await expect(admin.getQueue('q')).rejects.toMatchObject({ statusCode: 403, response: { bodyAsText } });
});

it('does not start with a list that means nothing', async () => {
  const start = startBroker({ allowedHosts: ['http://a.example', '*.b.example'], allowedOrigins: ['c.example'] });
  await expect(start).rejects.toThrow(
    /"http:\/\/a\.example" has a scheme[^]*"\*\.b\.example" is a pattern[^]*"c\.example" is no origin/,
  );
});
