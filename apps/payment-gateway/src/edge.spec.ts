import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type FuzzedRoute, fuzzHttp, fuzzSeed } from '@orderflow/service-kit/testing';
import type { FastifyInstance } from 'fastify';
import { createGateway } from './gateway.js';

let folder: string;
let gateway: FastifyInstance;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payment-gateway-'));
  gateway = await createGateway({ dataFile: join(folder, 'charges.jsonl') });
  url = await gateway.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

const text = { type: 'string' };
/** Amounts that ask for trouble end in 402, 500, 502 or 503: none of them is below. */
const charge = {
  properties: {
    reference: text,
    amount: { type: 'integer', minimum: 0, maximum: 400 },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
  },
  required: ['reference', 'amount', 'currency'],
};
const routes: readonly FuzzedRoute[] = [
  { method: 'GET', path: '/health' },
  { method: 'GET', path: '/health/live' },
  { method: 'GET', path: '/charges', query: { reference: text } },
  { method: 'GET', path: '/charges/totals' },
  { method: 'POST', path: '/charges', body: charge },
  { method: 'GET', path: '/control' },
  { method: 'POST', path: '/control' },
];

it(`answers whatever its routes are asked (FUZZ_SEED=${fuzzSeed})`, async () => {
  await fuzzHttp({ url, routes });
  const answer = await fetch(`${url}/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'after' },
    body: '{"reference":"o-1","amount":1,"currency":"EUR"}',
  });
  expect(answer.status).toBe(201);
});

it.each([
  ['GET', '/charges?reference=%00', 400],
  ['GET', '/charges?reference=a&reference=b', 400],
  ['GET', '/nowhere', 404],
  ['PUT', '/charges', 405],
])('refuses %s %s with a problem document', async (method, path, status) => {
  const answer = await fetch(`${url}${path}`, { method });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(await answer.json()).toMatchObject({ status, type: expect.stringMatching(/^urn:orderflow:problem:/) });
});
