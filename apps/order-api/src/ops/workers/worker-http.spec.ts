import { afterEach, expect, it } from '@jest/globals';
import { Problem } from '@orderflow/service-kit';
import { z } from 'zod';
import { HttpServer } from '../../../test/http-server.js';
import { WorkerHttp, type WorkerHttpOptions } from './worker-http.js';

let server: HttpServer | undefined;
afterEach(() => server?.close());

const shape = z.object({ messages: z.int() });

async function ask(status: number, body: string, options: Partial<WorkerHttpOptions> = {}): Promise<unknown> {
  server = await HttpServer.start((request, response) =>
    response.writeHead(status, { location: '/elsewhere' }).end(body || request.headers.authorization),
  );
  const worker = new WorkerHttp({ name: 'order-worker', url: server.url, token: undefined, ...options });
  return worker.ask(shape, 'POST', '/ops/outbox/drop', { body: {} }).catch((error: unknown) => error);
}

it('answers what a worker says, in its expected form', async () => {
  expect(await ask(200, '{"messages":3}')).toEqual({ messages: 3 });
  expect(server?.asked).toEqual(['POST /ops/outbox/drop']);
});

it.each([
  [200, 'no JSON', 'cannot be read'],
  [200, '{"messages":"many"}', 'answers in another form than this version knows'],
  [302, '', 'no answer from'],
  [401, '{}', 'does not let this service ask (401)'],
  [404, '{}', 'answers 404'],
  [503, '{}', 'answers 503'],
])('is 503 worker-unavailable for %i %s', async (status, body, why) => {
  const problem = (await ask(status, body)) as Problem;
  expect(problem).toBeInstanceOf(Problem);
  expect([problem.status, problem.code, problem.headers]).toEqual([503, 'worker-unavailable', { 'retry-after': '5' }]);
  expect(problem.message).toContain(why);
  // A redirection could lead a token anywhere.
  expect(server?.asked).toHaveLength(1);
});

it('says that no token can be had, and asks nobody', async () => {
  const token = () => Promise.reject(new Error('The issuer is away.'));
  expect(String(await ask(200, '{}', { token }))).toContain('no token can be had for it: The issuer is away.');
  expect(server?.asked).toEqual([]);
});

it('gives up a worker that never answers', async () => {
  server = await HttpServer.start(() => undefined);
  const worker = new WorkerHttp({ name: 'order-worker', url: server.url, token: undefined, timeoutMs: 50 });
  await expect(worker.order('DELETE', '/ops/pause')).rejects.toMatchObject({ code: 'worker-unavailable' });
});
