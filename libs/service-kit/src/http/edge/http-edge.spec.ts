import { connect } from 'node:net';
import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Public } from '../../access/declare-access.js';
import { createLogger } from '../../logging/create-logger.js';
import { type RunningService, startService } from '../../service/start-service.js';
import { createMetrics } from '../../telemetry/metrics.js';

@Controller('books')
class BooksController {
  @Post()
  @Public()
  add(@Body() body: unknown): unknown {
    return { body };
  }

  @Get(':id')
  @Public()
  read(@Param('id') id: string, @Query() query: Record<string, string>): unknown {
    return { id, query };
  }

  @Post(':id/loans/:reader')
  @Public()
  lend(): unknown {
    return {};
  }
}

@Module({ controllers: [BooksController] })
class BooksModule {}

interface LogLine {
  readonly msg: string;
  readonly req?: { readonly method: string; readonly url: string };
  readonly res?: { readonly statusCode: number };
}

let service: RunningService;
let lines: LogLine[] = [];

beforeAll(async () => {
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const logger = createLogger({ name: 'books', destination });
  const config = { PORT: 0, HOST: '127.0.0.1', LOG_LEVEL: 'info' as const, SHUTDOWN_TIMEOUT: 1_000 };
  service = await startService({ config, logger, metrics: createMetrics('books') }, { module: BooksModule });
});

beforeEach(() => {
  lines = [];
});

afterAll(() => service.stop());

/** The lines about a request with this status, or about one that was refused for its host. */
const linesOf = (status: number) =>
  lines.filter(({ res, msg }) => res?.statusCode === status || msg.startsWith('A request was refused.'));

async function ask(path: string, init: RequestInit = {}) {
  const answer = await fetch(`${service.url}${path}`, init);
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  ask('/books', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

/** Sends bytes as they are and reads until the other side ends. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  socket.write(bytes, 'latin1');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

/** Without the sizes of its chunks. */
const problemIn = (answer: string) => JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));

describe('parameters', () => {
  it.each([
    ['/books/%00', [{ parameter: 'id', detail: expect.stringContaining('NUL') }]],
    ['/books/%zz', [{ parameter: 'id', detail: expect.stringContaining('UTF-8') }]],
    ['/books/%ED%A0%80', [{ parameter: 'id', detail: expect.stringContaining('UTF-8') }]],
    ['/books/%ff%', [{ parameter: 'id', detail: expect.stringContaining('UTF-8') }]],
    [
      '/books/1?a=%00&b=%ED%A0%80&c=fine&d=%&%00=1',
      ['a', 'b', 'd', '%00'].map((parameter) => ({ parameter, detail: expect.any(String) })),
    ],
  ])('that cannot be read are named: %s', async (path, errors) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(JSON.parse(body)).toMatchObject({ type: 'urn:orderflow:problem:invalid-request', status: 400 });
    expect(JSON.parse(body).errors).toEqual(errors);
    expect(linesOf(400)).toHaveLength(1);
  });

  it('may be long, as long as their schema says so', async () => {
    const { status, body } = await ask(`/books/${'x'.repeat(5_000)}?name=${encodeURIComponent('Zoë 🍵')}`);
    expect([status, JSON.parse(body).query]).toEqual([200, { name: 'Zoë 🍵' }]);
  });

  it('are together shorter than 8,000 characters', async () => {
    const { status, body } = await ask(`/books/${'x'.repeat(8_000)}`);
    expect([status, JSON.parse(body).type]).toEqual([414, 'urn:orderflow:problem:uri-too-long']);
  });
});

describe('bodies', () => {
  const bytes = (...values: number[]) => Uint8Array.from([0x22, ...values, 0x22]);

  it.each([
    ['a byte that begins nothing', bytes(0xff)],
    ['an overlong form', bytes(0xc0, 0xaf)],
    ['half of a surrogate pair', bytes(0xed, 0xa0, 0x80)],
    ['a sequence cut short', bytes(0xe2, 0x82)],
  ])('that are not UTF-8 are refused: %s', async (_, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ type: 'urn:orderflow:problem:not-utf-8', instance: '/books' });
    expect(linesOf(400)).toHaveLength(1);
  });

  it('may begin with a byte order mark', async () => {
    expect(JSON.parse((await post('\ufeff{"a":"é"}')).body)).toEqual({ body: { a: 'é' } });
  });

  it.each(['gzip', 'br', 'deflate, gzip', 'x-unknown'])('in the coding %s are refused', async (coding) => {
    const { status, headers, body } = await post('{}', { 'content-encoding': coding });
    expect(status).toBe(415);
    expect(headers.get('accept-encoding')).toBe('identity');
    expect(JSON.parse(body)).toMatchObject({
      type: 'urn:orderflow:problem:unsupported-content-encoding',
      detail: expect.stringContaining(coding),
    });
  });

  it.each(['identity', 'Identity'])('in the coding %s are read', async (coding) => {
    expect((await post('{}', { 'content-encoding': coding })).status).toBe(201);
  });

  it('are read in UTF-8 only, whatever else their type names', async () => {
    expect((await post('{}', { 'content-type': 'application/json; charset=UTF-8' })).status).toBe(201);
    const { status, body } = await post('{}', { 'content-type': 'application/json; charset=utf-16' });
    expect([status, JSON.parse(body).detail]).toEqual([415, expect.stringContaining('utf-16')]);
  });

  it.each(['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}', '{', '', '[1,]'])(
    'that are no plain JSON are refused: %s',
    async (body) => {
      const answer = await post(body);
      expect([answer.status, JSON.parse(answer.body).status]).toEqual([400, 400]);
    },
  );

  it('may be nested deeply', async () => {
    expect((await post(`${'['.repeat(4_000)}${']'.repeat(4_000)}`)).status).toBe(201);
  });
});

describe('methods', () => {
  it.each([
    ['PUT', '/books', 'OPTIONS, POST'],
    ['GET', '/books', 'OPTIONS, POST'],
    ['HEAD', '/books', 'OPTIONS, POST'],
    ['DELETE', '/books/1', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/books/1/loans/2?x=y', 'OPTIONS, POST'],
  ])('%s %s is refused with those there are', async (method, path, allow) => {
    const { status, headers, body } = await ask(path, { method, ...(method === 'PUT' && { body: 'a=b' }) });
    expect([status, headers.get('allow')]).toEqual([405, allow]);
    expect(headers.get('content-type')).toContain('application/problem+json');
    if (method !== 'HEAD') expect(JSON.parse(body)).toMatchObject({ type: 'urn:orderflow:problem:method-not-allowed' });
    expect(linesOf(405)).toHaveLength(1);
  });

  it.each(['PROPFIND', 'TRACE', 'QUERY', 'M-SEARCH'])('%s, which no route has, as well', async (method) => {
    const answer = await exchange(`${method} /books HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 405 [^]*\r\nallow: OPTIONS, POST\r\n/);
    expect(problemIn(answer)).toMatchObject({ status: 405 });
  });

  it('of the routes that every service has are refused as well', async () => {
    for (const path of ['/health/live', '/metrics']) {
      const { status, headers } = await ask(path, { method: 'DELETE' });
      expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    }
  });

  it('are listed for OPTIONS', async () => {
    const { status, headers } = await ask('/books/1', { method: 'OPTIONS' });
    expect([status, headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect((await ask('/nowhere', { method: 'OPTIONS' })).status).toBe(404);
    const all = await exchange('OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    expect(all).toMatch(/^HTTP\/1\.1 204 [^]*\r\nallow: GET, HEAD, OPTIONS, POST\r\n/);
  });

  it('HEAD is answered like GET, without the body', async () => {
    const { status, headers, body } = await ask('/books/1', { method: 'HEAD' });
    expect([status, headers.get('content-length'), body]).toEqual([200, '21', '']);
  });

  it.each(['/nowhere', '/books/1/loans', '/%00', '/'])(
    'of a path that is not known do not matter: %s',
    async (path) => {
      for (const method of ['GET', 'DELETE']) expect((await ask(path, { method })).status).toBe(404);
    },
  );
});

describe('what is hardly a request', () => {
  const host = 'host: localhost\r\n';
  it.each([
    ['no HTTP', 'Hello!\r\n\r\n', 400],
    ['an unknown method', `GRAB / HTTP/1.1\r\n${host}\r\n`, 400],
    ['an unknown version', `GET / HTTP/7.3\r\n${host}\r\n`, 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a header without a colon', `GET / HTTP/1.1\r\n${host}oops\r\n\r\n`, 400],
    ['a header with NUL', `GET / HTTP/1.1\r\n${host}a: \0\r\n\r\n`, 400],
    ['two lengths', `POST /books HTTP/1.1\r\n${host}content-length: 1\r\ncontent-length: 2\r\n\r\n{}`, 400],
    [
      'a length and chunks',
      `POST /books HTTP/1.1\r\n${host}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n`,
      400,
    ],
    [
      'a broken chunk',
      `POST /books HTTP/1.1\r\n${host}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
    ['no host', 'GET /books/1 HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    ['two hosts', `GET /books/1 HTTP/1.1\r\n${host}host: y\r\nconnection: close\r\n\r\n`, 400],
    [
      'a transfer coding',
      `POST /books HTTP/1.1\r\n${host}transfer-encoding: gzip, chunked\r\nconnection: close\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a bad escape', `GET /%zz HTTP/1.1\r\n${host}connection: close\r\n\r\n`, 400],
    ['an endless target', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 414],
    ['large headers', `GET / HTTP/1.1\r\n${host}a: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['an expectation', `GET /books/1 HTTP/1.1\r\n${host}expect: the-best\r\n\r\n`, 417],
    ['a tunnel', `CONNECT localhost:443 HTTP/1.1\r\n${host}\r\n`, 405],
  ])('is refused with a problem document: %s', async (_, bytes, status) => {
    const answer = await exchange(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json; charset=utf-8\r\n/);
    expect(problemIn(answer)).toEqual(
      expect.objectContaining({
        type: expect.stringMatching(/^urn:orderflow:problem:/),
        status,
        detail: expect.any(String),
      }),
    );
    expect(answer).not.toMatch(/\bat .*:\d+/);
    expect(linesOf(status)).toHaveLength(1);
  });

  it('is served when it only looks strange', async () => {
    const absolute = await exchange(`GET http://localhost/books/1?a=b HTTP/1.1\r\n${host}connection: close\r\n\r\n`);
    expect(problemIn(absolute)).toEqual({ id: '1', query: { a: 'b' } });
    const old = await exchange('GET /books/1 HTTP/1.0\r\n\r\n');
    expect(problemIn(old)).toEqual({ id: '1', query: {} });
    const upgrade = `GET /books/1 HTTP/1.1\r\n${host}connection: close, upgrade\r\nupgrade: h2c\r\n\r\n`;
    expect(await exchange(upgrade)).toMatch(/^HTTP\/1\.1 200 /);
  });
});
