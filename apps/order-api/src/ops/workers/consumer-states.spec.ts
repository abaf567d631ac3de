import type { ServerResponse } from 'node:http';
import { afterEach, expect, it } from '@jest/globals';
import { HttpServer } from '../../../test/http-server.js';
import { ConsumerStates } from './consumer-states.js';
import { RemoteApp } from './remote-app.js';
import { WorkerHttp } from './worker-http.js';

let server: HttpServer;
let now = 0;
afterEach(() => server.close());

const health = { status: 'ok', details: { database: { status: 'up' } } };
const pause = { queue: 'billing', ordered: null, paused: null };

/** How a worker with these answers is, by a clock that a test sets. */
async function statesOf(answer: (response: ServerResponse, path: string) => void): Promise<ConsumerStates> {
  server = await HttpServer.start((request, response) => answer(response, request.url ?? ''));
  const app = new RemoteApp(new WorkerHttp({ name: 'billing-worker', url: server.url, token: undefined }));
  return new ConsumerStates({ consumerOf: (queue) => (queue === 'billing' ? app : undefined) }, () => now);
}

const well = (response: ServerResponse, path: string) =>
  response.end(JSON.stringify(path === '/ops/pause' ? pause : health));

it('are asked once for everybody who wants to know within two seconds', async () => {
  const states = await statesOf(well);
  const [one, other] = await Promise.all([states.of('billing'), states.of('billing')]);
  expect(one).toMatchObject({ app: 'billing-worker', health: 'up', troubles: [], ordered: null, paused: null });
  expect(other).toBe(one);
  expect(server.asked.sort()).toEqual(['GET /health/ready', 'GET /ops/pause']);
  now += 1_999;
  await states.of('billing');
  expect(server.asked).toHaveLength(2);
  now += 1;
  await states.of('billing');
  expect(server.asked).toHaveLength(4);
  states.forget('billing');
  await states.of('billing');
  expect(server.asked).toHaveLength(6);
});

it('are degraded with what is not well, and down where a worker takes no work', async () => {
  const sick = {
    status: 'error',
    details: { ...health.details, broker: { status: 'degraded', message: 'It is slow.' } },
  };
  let status = 200;
  const states = await statesOf((response, path) => {
    if (path !== '/ops/pause') response.statusCode = status;
    response.end(JSON.stringify(path === '/ops/pause' ? pause : sick));
  });
  const troubles = [{ part: 'broker', detail: 'It is slow.' }];
  expect(await states.of('billing')).toMatchObject({ health: 'degraded', troubles });
  status = 503;
  states.forget('billing');
  expect(await states.of('billing')).toMatchObject({ health: 'down', troubles });
});

it('are unknown of a worker that never answers, and null where nobody is known', async () => {
  const states = await statesOf(() => undefined);
  expect(await states.of('billing')).toMatchObject({
    health: 'unknown',
    troubles: [{ part: 'answer', detail: 'billing-worker does not answer within 1500 ms.' }],
  });
  expect(await states.of('events/subscriptions/billing')).toBeNull();
});
