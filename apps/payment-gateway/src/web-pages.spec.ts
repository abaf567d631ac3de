import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createAllowList } from '@orderflow/http-guard';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createGateway } from './gateway.js';

let folder: string;
let gateway: Awaited<ReturnType<typeof createGateway>>;
let port: number;
const refusals: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  gateway = await createGateway({
    dataFile: join(folder, 'charges.jsonl'),
    allowed: createAllowList(['payment-gateway']),
    refused: ({ code }) => void refusals.push(code),
  });
  port = Number(new URL(await gateway.listen({ port: 0, host: '127.0.0.1' })).port);
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

async function ask(method: string, path: string, headers: Record<string, string>) {
  const request = send({ host: '127.0.0.1', port, method, path, headers, agent: false }).end();
  const [response] = await once(request, 'response');
  return { status: response.statusCode as number, body: await text(response) };
}

it.each([
  ['host-not-allowed', { host: 'evil.example', origin: 'http://evil.example' }],
  ['origin-not-allowed', { origin: 'http://evil.example' }],
  ['origin-not-allowed', { 'sec-fetch-site': 'same-site' }],
])('a web page cannot use it: %s, %j', async (code, headers) => {
  const before = refusals.length;
  const requests = [
    ['GET', '/health'],
    ['GET', '/charges/totals'],
    ['POST', '/charges'],
    ['GET', '/control'],
    ['POST', '/control'],
    ['DELETE', '/control'],
    ['GET', '/nowhere'],
    ['GET', '/%'],
  ] as const;
  for (const [method, path] of requests) {
    const answer = await ask(method, path, { 'fail-next': '3', ...headers });
    const expected = { status: 403, body: expect.stringContaining(`urn:orderflow:problem:${code}`) };
    expect([method, path, answer]).toEqual([method, path, expected]);
  }
  expect(refusals.slice(before)).toEqual(requests.map(() => code));
  expect(JSON.parse((await ask('GET', '/control', {})).body)).toMatchObject({ failNext: 0 });
});

it('a client calls it by a name that is allowed', async () => {
  expect((await ask('GET', '/health', { host: `payment-gateway:${port}` })).status).toBe(200);
});
