import { once } from 'node:events';
import { connect } from 'node:net';
import { Body, Controller, Get, Inject, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { Public } from '../access/declare-access.js';
import { SERVICE_CONFIG } from '../config/config.module.js';
import type { ProcessConfig } from '../config/process-config.js';
import { checkTimeoutMs } from '../health/indicators.js';
import { createLogger } from '../logging/create-logger.js';
import { createMetrics } from '../telemetry/metrics.js';
import { Strategy } from '../../test/strategy.js';
import type { ServiceParts } from './service-parts.js';
import { type RunningService, startService } from './start-service.js';
import { StartupError } from '../startup-error.js';

const book = z.strictObject({ title: z.string('must be a text'), pages: z.int('must be a whole number') });

@Controller()
class BooksController {
  constructor(@Inject(SERVICE_CONFIG) private readonly config: ProcessConfig) {}

  @Post('books')
  @Public()
  add(@Body({ schema: book }) body: z.infer<typeof book>): unknown {
    return body;
  }

  @Get('books/:id')
  @Public()
  read(): never {
    throw new Error('the shelf at postgres://me:topsecret@db broke');
  }

  @Get('level')
  @Public()
  level(): unknown {
    return { level: this.config.LOG_LEVEL, timeoutMs: this.config.SHUTDOWN_TIMEOUT };
  }
}

@Module({ controllers: [BooksController] })
class BooksModule {}

const everythingButTimeouts = [
  'Date',
  'clearImmediate',
  'clearInterval',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
] as const;

let running: RunningService | undefined;
let lines: string[] = [];
afterEach(async () => {
  jest.useRealTimers();
  await running?.stop();
  running = undefined;
});

async function start(parts: Partial<ServiceParts> = {}, PORT = 0): Promise<string> {
  lines = [];
  const logger = createLogger({ name: 'books', destination: { write: (line) => void lines.push(line) } });
  const config = { PORT, HOST: '127.0.0.1', LOG_LEVEL: 'info' as const, SHUTDOWN_TIMEOUT: 1_000 };
  running = await startService({ config, logger, metrics: createMetrics('books') }, { module: BooksModule, ...parts });
  return running.url;
}

const post = (url: string, body: string) =>
  fetch(`${url}/books`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });

describe('requests', () => {
  it('are checked, and every problem is listed in one document', async () => {
    const answer = await post(await start(), JSON.stringify({ title: 1, colour: 'red', 'a/b': 2 }));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({
      status: 400,
      instance: '/books',
      detail: '4 things are wrong: see errors.',
      errors: [
        { pointer: '#/title', detail: 'must be a text' },
        { pointer: '#/pages', detail: 'must be a whole number' },
        { pointer: '#/colour', detail: 'is not known here; leave it out' },
        { pointer: '#/a~1b', detail: 'is not known here; leave it out' },
      ],
    });
  });

  it('reach the handler when they are right', async () => {
    const answer = await post(await start(), '{"title":"Emma","pages":400}');
    expect(await answer.json()).toEqual({ title: 'Emma', pages: 400 });
  });

  it('may not be larger than the limit, nor other than JSON', async () => {
    const url = await start({ bodyLimit: 100 });
    expect((await post(url, JSON.stringify('x'.repeat(200)))).status).toBe(413);
    expect((await post(url, '{"title":')).status).toBe(400);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const answer = await fetch(`${url}/books`, { method: 'POST', body: '{}', headers: { 'content-type': type } });
      expect(await answer.json()).toMatchObject({ status: 415, detail: expect.stringContaining('application/json') });
    }
    expect((await fetch(`${url}/nowhere`)).headers.get('content-type')).toContain('application/problem+json');
  });

  it('learn nothing of our faults, which are logged without secrets', async () => {
    const answer = await fetch(`${await start({ tryAgain: 'Borrow another.' })}/books/1`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).toMatch(/^(?!.*shelf).*Borrow another\./);
    expect(lines.join('')).toContain('the shelf at postgres://me:[redacted]@db broke');
    expect(lines.filter((line) => line.includes('"stack"'))).toHaveLength(1);
  });

  it('are logged with as much of their URL as a line has room for, and without a secret in it', async () => {
    const url = await start();
    await fetch(`${url}/books/1?password=topsecret&rest=${'x'.repeat(10_000)}`);
    // The line is written when the answer has left.
    await running?.stop();
    const requests = lines.map((line) => JSON.parse(line) as { req?: { url: string } }).filter(({ req }) => req);
    expect(requests.map(({ req }) => req?.url)).toEqual([
      expect.stringMatching(/^\/books\/1\?password=\[redacted\]&rest=x+ … \[\d+ more characters\]$/),
    ]);
    expect(lines.join('')).not.toContain('topsecret');
    for (const line of lines) expect(line.length).toBeLessThan(10_000);
  });

  it('are measured by route, not by path', async () => {
    const url = await start();
    await fetch(`${url}/books/17`);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain(
      'http_request_duration_seconds_count{service="books",method="GET",route="/books/:id",status="500"} 1',
    );
    expect(metrics).not.toContain('/books/17');
  });

  it('find the configuration in Nest as it was checked, not as the environment has it', async () => {
    process.env['SHUTDOWN_TIMEOUT'] = '7s';
    try {
      expect(await (await fetch(`${await start()}/level`)).json()).toEqual({ level: 'info', timeoutMs: 1_000 });
    } finally {
      delete process.env['SHUTDOWN_TIMEOUT'];
    }
  });
});

const starting = { live: 200, ready: 503, startup: 503 };

async function probe(url: string): Promise<Record<string, number>> {
  const kinds = ['live', 'ready', 'startup'];
  const answers = await Promise.all(kinds.map((kind) => fetch(`${url}/health/${kind}`)));
  return Object.fromEntries(kinds.map((kind, index) => [kind, answers[index]?.status ?? 0]));
}

describe('health', () => {
  const failing = () => {
    throw new Error('out of reach');
  };

  it('is up when every indicator is', async () => {
    const url = await start({ health: () => [{ name: 'shelf', kind: 'ready', check: async () => ({ books: 3 }) }] });
    expect(await probe(url)).toEqual({ live: 200, ready: 200, startup: 200 });
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({
      status: 'ok',
      details: { shelf: { status: 'up', books: 3 } },
    });
  });

  it.each([
    ['live', { live: 503, ready: 503, startup: 200 }],
    ['ready', { live: 200, ready: 503, startup: 200 }],
    ['degraded', { live: 200, ready: 200, startup: 200 }],
  ] as const)('reports a failing indicator of kind %s', async (kind, expected) => {
    const url = await start({ health: () => [{ name: 'broker', kind, check: failing }] });
    expect(await probe(url)).toEqual(expected);
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({
      details: { broker: { status: kind === 'degraded' ? 'degraded' : 'down', message: 'out of reach' } },
    });
  });

  it('gives up an indicator that does not answer', async () => {
    let ask = (): void => {};
    const asked = new Promise<void>((resolve) => (ask = resolve));
    const check = () => {
      ask();
      return new Promise<void>(() => {});
    };
    const url = await start({ health: () => [{ name: 'shelf', kind: 'ready', check }] });
    jest.useFakeTimers({ doNotFake: [...everythingButTimeouts] });
    const answer = fetch(`${url}/health/ready`);
    await asked;
    await new Promise(setImmediate);
    jest.advanceTimersByTime(checkTimeoutMs);
    expect((await answer).status).toBe(503);
  });
});

describe('the life of a service', () => {
  it('starts its consumer and closes it', async () => {
    const strategy = new Strategy();
    await start({ strategy: () => strategy });
    await running?.stop();
    expect(strategy.calls).toEqual(['listen', 'close']);
  });

  it('closes what it used last and once, and does not hide that this failed', async () => {
    const strategy = new Strategy();
    const close = jest.fn(async () => {
      strategy.calls.push('close the rest');
      throw new Error('the shelf is stuck');
    });
    await start({ strategy: () => strategy, close });
    const service = running;
    running = undefined;
    await expect(service?.stop()).rejects.toThrow('the shelf is stuck');
    await expect(service?.stop()).rejects.toThrow('the shelf is stuck');
    expect(strategy.calls).toEqual(['listen', 'close', 'close the rest']);
  });

  it('does not wait for connections on which nothing has come yet', async () => {
    await start();
    const socket = connect(Number(new URL(running?.url ?? '').port), '127.0.0.1');
    const ended = once(socket, 'close');
    await once(socket, 'connect');
    // Behind the connection, so that the service has that too.
    await fetch(`${running?.url}/health/live`);
    await running?.stop();
    running = undefined;
    await ended;
  });

  it('does not start, and leaves nothing open, when its consumer cannot', async () => {
    const strategy = new Strategy(() => Promise.reject(new Error('no such queue')));
    const close = async () => void strategy.calls.push('close the rest');
    await expect(start({ strategy: () => strategy, close })).rejects.toThrow('no such queue');
    expect(strategy.calls).toEqual(expect.arrayContaining(['close', 'close the rest']));
  });

  it('says which port is taken, and what to do', async () => {
    const { port } = new URL(await start());
    const strategy = new Strategy();
    const second = start({ strategy: () => strategy }, Number(port));
    await expect(second).rejects.toBeInstanceOf(StartupError);
    await expect(second).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is taken. Set PORT to another one, or to 0 for any that is free.`,
    );
    expect(strategy.calls).not.toContain('listen');
  });

  it('lives, and is not ready, for as long as its consumer is starting', async () => {
    const url = await start({
      health: () => [{ name: 'shelf', kind: 'ready', check: () => {} }],
      strategy: (app) => new Strategy(async () => expect(await probe(await app.getUrl())).toEqual(starting)),
    });
    expect(await probe(url)).toEqual({ live: 200, ready: 200, startup: 200 });
  });

  it('neither answers nor consumes before its preparation is done', async () => {
    const strategy = new Strategy();
    const seen: unknown[] = [];
    const prepare = async (app: NestFastifyApplication) => {
      await new Promise(setImmediate);
      seen.push(app.getHttpServer().listening, [...strategy.calls]);
    };
    await start({ prepare, strategy: () => strategy });
    expect(seen).toEqual([false, []]);
    expect(strategy.calls).toEqual(['listen']);
  });

  it('does not listen when its preparation fails', async () => {
    const strategy = new Strategy();
    const prepare = () => Promise.reject(new Error('the database lacks 0001-books'));
    await expect(start({ prepare, strategy: () => strategy })).rejects.toThrow('the database lacks 0001-books');
    expect(strategy.calls).not.toContain('listen');
  });
});
