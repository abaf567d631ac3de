import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { Server } from '@nestjs/microservices';
import { ConfigService } from '@nestjs/config';
import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createLogger } from '../logging/create-logger.js';
import { createMetrics } from '../telemetry/metrics.js';
import type { ServiceParts } from './service-parts.js';
import { type RunningService, startService } from './start-service.js';
import { StartupError } from './startup-error.js';

const book = z.strictObject({ title: z.string('must be a text'), pages: z.int('must be a whole number') });

@Controller()
class BooksController {
  constructor(private readonly config: ConfigService) {}

  @Post('books')
  add(@Body({ schema: book }) body: z.infer<typeof book>): unknown {
    return body;
  }

  @Get('books/:id')
  read(): never {
    throw new Error('the shelf at postgres://me:topsecret@db broke');
  }

  @Get('level')
  level(): unknown {
    return { level: this.config.get('LOG_LEVEL') };
  }
}

@Module({ controllers: [BooksController] })
class BooksModule {}

/** A transport that is only there to be started and closed. */
class Strategy extends Server {
  readonly calls: string[] = [];
  constructor(readonly failure?: Error) {
    super();
  }
  listen(callback: (error?: unknown) => void): void {
    this.calls.push('listen');
    callback(this.failure);
  }
  close(): void {
    this.calls.push('close');
  }
  on(): void {}
  unwrap(): never {
    throw new Error('There is nothing inside.');
  }
}

let running: RunningService | undefined;
let lines: string[] = [];
afterEach(async () => {
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
  it('are checked, and every problem is told in one document', async () => {
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

  it('see the configuration through Nest as well', async () => {
    expect(await (await fetch(`${await start()}/level`)).json()).toEqual({ level: 'info' });
  });
});

describe('health', () => {
  const failing = () => {
    throw new Error('out of reach');
  };

  it('is up when every indicator is', async () => {
    const url = await start({ health: () => [{ name: 'shelf', kind: 'ready', check: async () => ({ books: 3 }) }] });
    for (const probe of ['live', 'ready', 'startup']) {
      expect([probe, (await fetch(`${url}/health/${probe}`)).status]).toEqual([probe, 200]);
    }
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({
      status: 'ok',
      details: { shelf: { status: 'up', books: 3 } },
    });
  });

  it.each([
    ['live', { live: 503, ready: 503 }],
    ['ready', { live: 200, ready: 503 }],
    ['degraded', { live: 200, ready: 200 }],
  ] as const)('tells a failing indicator of kind %s', async (kind, expected) => {
    const url = await start({ health: () => [{ name: 'broker', kind, check: failing }] });
    const [live, ready] = await Promise.all([fetch(`${url}/health/live`), fetch(`${url}/health/ready`)]);
    expect({ live: live.status, ready: ready.status }).toEqual(expected);
    expect(await ready.json()).toMatchObject({
      details: { broker: { status: kind === 'degraded' ? 'degraded' : 'down', message: 'out of reach' } },
    });
  });
});

describe('the life of a service', () => {
  it('starts its consumer and closes it', async () => {
    const strategy = new Strategy();
    await start({ strategy: () => strategy });
    await running?.stop();
    expect(strategy.calls).toEqual(['listen', 'close']);
  });

  it('does not start, and leaves nothing open, when its consumer cannot', async () => {
    const strategy = new Strategy(new Error('no such queue'));
    await expect(start({ strategy: () => strategy })).rejects.toThrow('no such queue');
    expect(strategy.calls).toContain('close');
  });

  it('says which port is taken, and what to do', async () => {
    const { port } = new URL(await start());
    const second = start({}, Number(port));
    await expect(second).rejects.toBeInstanceOf(StartupError);
    await expect(second).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is taken. Set PORT to another one, or to 0 for any that is free.`,
    );
  });

  it('does not listen when its preparation fails', async () => {
    const strategy = new Strategy();
    const prepare = () => Promise.reject(new Error('the database lacks 0001-books'));
    await expect(start({ prepare, strategy: () => strategy })).rejects.toThrow('the database lacks 0001-books');
    expect(strategy.calls).not.toContain('listen');
  });
});
