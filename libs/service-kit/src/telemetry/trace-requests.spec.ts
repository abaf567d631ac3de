import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Logger, Module, Param, Post } from '@nestjs/common';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { z } from 'zod';
import { Public } from '../access/declare-access.js';
import { createLogger } from '../logging/create-logger.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from './metrics.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const exporter = new InMemorySpanExporter();
let begun = Promise.withResolvers<void>();
let released = Promise.withResolvers<void>();

@Controller('books')
class BooksController {
  readonly #logger = new Logger('books');

  @Get(':id')
  @Public()
  read(@Param('id', { schema: z.string() }) id: string): string {
    if (id === 'broken') throw new Error('the shelf is broken');
    return id;
  }

  @Post()
  @Public()
  write(@Body({ schema: z.object({ title: z.string() }) }) { title }: { title: string }): string {
    this.#logger.log(`writing ${title}`);
    return trace.getActiveSpan()?.spanContext().spanId ?? 'no span';
  }

  @Post('slow')
  @Public()
  async slow(): Promise<void> {
    begun.resolve();
    await released.promise;
  }
}

@Module({ controllers: [BooksController] })
class Books {}

let lines: Record<string, unknown>[];
let service: RunningService;

async function start(): Promise<void> {
  lines = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ name: 'library', destination });
  const config = { PORT: 0, HOST: '127.0.0.1', LOG_LEVEL: 'info', SHUTDOWN_TIMEOUT: 5_000 } as const;
  service = await startService({ config, logger, metrics: createMetrics('library') }, { module: Books });
}

beforeEach(start);
afterEach(async () => {
  await service.stop();
  exporter.reset();
});

const post = (headers: Record<string, string> = {}) =>
  fetch(`${service.url}/books?token=secret`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ title: 'tea' }),
  });

/** The lines of requests and of their handlers, once the request's is written. */
async function logged(): Promise<readonly unknown[]> {
  while (!lines.some(({ msg }) => msg === 'request completed')) await new Promise(setImmediate);
  return lines.filter(({ msg }) => msg === 'request completed' || msg === 'writing tea').map((line) => line['traceId']);
}

describe('without a tracer', () => {
  it("passes the client's trace on to handlers' log lines and to the request's", async () => {
    await post({ traceparent });
    expect(await logged()).toEqual([traceId, traceId]);
  });

  it('makes up no trace', async () => {
    expect(await (await post()).text()).toBe('no span');
    expect(await logged()).toEqual([undefined, undefined]);
  });
});

describe('with a tracer', () => {
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  beforeAll(() => provider.register());
  afterAll(async () => {
    trace.disable();
    context.disable();
    await provider.shutdown();
  });

  async function spans(count = 1) {
    while (exporter.getFinishedSpans().length < count) await new Promise(setImmediate);
    return exporter.getFinishedSpans();
  }

  it("is a server span in the client's trace, which its handler runs in after its body has come", async () => {
    const active = await (await post({ traceparent })).text();
    const [span] = await spans();
    expect(span?.spanContext()).toMatchObject({ traceId, spanId: active });
    expect(span?.parentSpanContext?.spanId).toBe('00f067aa0ba902b7');
    expect(span).toMatchObject({
      name: 'POST /books',
      kind: SpanKind.SERVER,
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/books',
        'url.path': '/books',
        'url.scheme': 'http',
        'http.response.status_code': 201,
      },
    });
    expect(JSON.stringify(span?.attributes)).not.toContain('secret');
    expect(await logged()).toEqual([traceId, traceId]);
  });

  it('keeps handlers inside it whose body comes late', async () => {
    const { hostname, port } = new URL(service.url);
    const client = connect(Number(port), hostname);
    const head = `POST /books HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json`;
    client.write(`${head}\r\ncontent-length: 15\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`);
    await once(client, 'data');
    client.write('{"title":"tea"}');
    const [answer] = (await once(client, 'data')) as [Buffer];
    const [span] = await spans();
    expect(String(answer)).toContain(span?.spanContext().spanId);
    expect(new Set(await logged())).toEqual(new Set([span?.spanContext().traceId]));
    client.destroy();
  });

  it('begins a trace for a client without one', async () => {
    await post();
    const [span] = await spans();
    const own = span?.spanContext().traceId;
    expect(span?.parentSpanContext).toBeUndefined();
    expect(await logged()).toEqual([own, own]);
  });

  it("is an error for what is the server's fault, and none for the client's", async () => {
    await fetch(`${service.url}/books/broken`);
    await fetch(`${service.url}/nowhere`);
    const [broken, nowhere] = await spans(2);
    expect(broken).toMatchObject({ name: 'GET /books/:id', status: { code: SpanStatusCode.ERROR } });
    expect(broken?.attributes).toMatchObject({ 'url.path': '/books/broken', 'error.type': '500' });
    expect(nowhere).toMatchObject({ name: 'GET', status: { code: SpanStatusCode.UNSET } });
    expect(nowhere?.attributes['http.response.status_code']).toBe(404);
  });

  it('ends when the client is gone before its answer', async () => {
    begun = Promise.withResolvers();
    released = Promise.withResolvers();
    const { hostname, port } = new URL(service.url);
    const client = connect(Number(port), hostname);
    await once(client, 'connect');
    client.write(`POST /books/slow HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: 0\r\n\r\n`);
    await begun.promise;
    client.destroy();
    const [span] = await spans();
    expect(span?.attributes).toMatchObject({ 'error.type': 'ConnectionClosed' });
    expect(span?.attributes).not.toHaveProperty(['http.response.status_code']);
    const aborted = () => lines.find(({ req, res }) => req !== undefined && res !== undefined);
    while (aborted() === undefined) await new Promise(setImmediate);
    expect(aborted()).toMatchObject({ traceId: span?.spanContext().traceId });
    released.resolve();
  });

  it('leaves out what machines ask every few seconds', async () => {
    await fetch(`${service.url}/health/live`);
    await fetch(`${service.url}/metrics`);
    await fetch(`${service.url}/books/a`);
    expect((await spans()).map(({ name }) => name)).toEqual(['GET /books/:id']);
  });
});
