import { request } from 'node:http';
import { Controller, Get, HttpCode, Logger, Module, Post } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Public } from '../access/declare-access.js';
import { type RunningService, startService } from '../service/start-service.js';
import { createMetrics } from '../telemetry/metrics.js';
import { createLogger } from './create-logger.js';

const begun = Promise.withResolvers<void>();
const released = Promise.withResolvers<void>();

@Controller('books')
class BooksController {
  readonly #logger = new Logger('books');

  @Get()
  @Public()
  async list(): Promise<string> {
    await new Promise(setImmediate);
    this.#logger.log('listing');
    return 'none';
  }

  @Get('broken')
  @Public()
  broken(): never {
    throw new Error('broken');
  }

  @Post('slow')
  @HttpCode(200)
  @Public()
  async slow(): Promise<void> {
    begun.resolve();
    await released.promise;
  }
}

@Module({ controllers: [BooksController] })
class Books {}

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly reqId?: string;
  readonly req?: { readonly method: string; readonly url: string };
  readonly res?: { readonly statusCode: number };
  readonly responseTime?: number;
}

let service: RunningService;
let lines: Line[];

beforeAll(async () => {
  const destination = { write: (line: string) => void lines?.push(JSON.parse(line) as Line) };
  const logger = createLogger({ name: 'library', destination });
  const config = { PORT: 0, HOST: '127.0.0.1', LOG_LEVEL: 'info', SHUTDOWN_TIMEOUT: 5_000 } as const;
  service = await startService({ config, logger, metrics: createMetrics('library') }, { module: Books });
});

beforeEach(() => {
  lines = [];
});

afterAll(() => service.stop());

/** The lines of requests, once there are so many. */
async function requests(count: number): Promise<readonly Line[]> {
  const found = () => lines.filter(({ msg }) => msg.startsWith('request '));
  while (found().length < count) await new Promise(setImmediate);
  return found();
}

it('says what was asked, how it was answered and how long it took, once', async () => {
  await fetch(`${service.url}/books?token=SharedAccessKey=topsecret`);
  await fetch(`${service.url}/nowhere`);
  const [known, unknown] = await requests(2);
  expect(known).toMatchObject({
    level: 'info',
    msg: 'request completed',
    req: { method: 'GET', url: '/books?token=SharedAccessKey=[redacted]' },
    res: { statusCode: 200 },
  });
  expect(known?.responseTime).toBeGreaterThanOrEqual(0);
  expect(unknown).toMatchObject({ req: { url: '/nowhere' }, res: { statusCode: 404 } });
  expect(unknown?.reqId).not.toBe(known?.reqId);
  expect(lines.filter(({ msg }) => msg.startsWith('request '))).toHaveLength(2);
});

it('gives what a handler logs the id of its request', async () => {
  await Promise.all([fetch(`${service.url}/books`), fetch(`${service.url}/books`)]);
  const ids = (await requests(2)).map(({ reqId }) => reqId);
  const handlers = lines.filter(({ msg }) => msg === 'listing').map(({ reqId }) => reqId);
  expect(new Set(ids).size).toBe(2);
  expect(handlers.sort()).toEqual(ids.sort());
});

it('leaves the error of a failure to the line that answers it', async () => {
  await fetch(`${service.url}/books/broken`);
  const [line] = await requests(1);
  expect(line).toMatchObject({ msg: 'request completed', res: { statusCode: 500 } });
  expect(line).not.toHaveProperty('err');
  expect(lines.filter((each) => 'err' in each)).toHaveLength(1);
});

it('does not mention what machines ask every few seconds', async () => {
  await fetch(`${service.url}/health/live`);
  await fetch(`${service.url}/books`);
  expect((await requests(1)).map(({ req }) => req?.url)).toEqual(['/books']);
});

it('says that a client did not wait for its answer', async () => {
  const asking = request(`${service.url}/books/slow`, { method: 'POST' });
  asking.on('error', () => undefined).end();
  await begun.promise;
  asking.destroy();
  const [line] = await requests(1);
  released.resolve();
  expect(line).toMatchObject({ msg: 'request aborted', req: { method: 'POST', url: '/books/slow' } });
});
