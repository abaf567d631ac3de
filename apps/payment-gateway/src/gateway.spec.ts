import { readFileSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createGateway } from './gateway.js';

let folder: string;
let dataFile: string;
let gateway: FastifyInstance;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payment-gateway-'));
  dataFile = join(folder, 'charges.jsonl');
  gateway = await createGateway({ dataFile });
});

afterEach(async () => {
  jest.useRealTimers();
  await gateway.close();
  await rm(folder, { recursive: true });
});

const everythingButTheDate = [
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
] as const;

const order = { reference: 'o-1', amount: 1_099, currency: 'EUR' };

const charge = (key: string, payload: object = order) =>
  gateway.inject({ method: 'POST', url: '/charges', headers: { 'idempotency-key': key }, payload });

const get = async (url: string) => (await gateway.inject(url)).json();

const control = (headers: Record<string, string>) => gateway.inject({ method: 'POST', url: '/control', headers });

describe('the payment gateway', () => {
  it('captures a charge once, however often its key is used', async () => {
    const [first, second] = await Promise.all([charge('k'), charge('k')]);
    const third = await charge('k');
    expect(first.statusCode).toBe(201);
    expect(first.json()).toMatchObject({ ...order, status: 'captured', chargeId: expect.stringMatching(/^ch_/) });
    expect(second.json()).toEqual(first.json());
    expect(third.json()).toEqual(first.json());
    expect(await get('/charges/totals')).toEqual({ captured: 1, declined: 0, chargedTwice: [] });
  });

  it.each([{ reference: 'o-2' }, { amount: 1 }, { currency: 'USD' }])(
    'refuses a key that was used for another charge, with %j',
    async (change) => {
      await charge('k');
      const refused = await charge('k', { ...order, ...change });
      expect(refused.statusCode).toBe(422);
      expect(refused.json()).toMatchObject({ detail: expect.stringContaining('used for another charge') });
    },
  );

  it('refuses a key that another charge is using at this moment', async () => {
    const [first, second] = await Promise.all([charge('k'), charge('k', { ...order, amount: 1 })]);
    expect([first.statusCode, second.statusCode]).toEqual([201, 422]);
    expect(await get('/charges/totals')).toMatchObject({ captured: 1 });
  });

  it('replays a decline as well', async () => {
    await control({ 'decline-next': '1' });
    const [first, second] = [await charge('k'), await charge('k')];
    expect([first.statusCode, second.statusCode]).toEqual([402, 402]);
    expect(second.json()).toEqual(first.json());
    expect(await get('/charges/totals')).toMatchObject({ captured: 0, declined: 1 });
  });

  it('has a charge on disk before it answers', async () => {
    const { chargeId } = (await charge('k')).json();
    expect(readFileSync(dataFile, 'utf8')).toContain(chargeId);
  });

  it('lists who was charged twice', async () => {
    await charge('k1');
    await charge('k2');
    await charge('k3', { ...order, reference: 'o-2', amount: 1_402 });
    await charge('k4', { ...order, reference: 'o-2' });
    expect(await get('/charges/totals')).toEqual({ captured: 3, declined: 1, chargedTwice: ['o-1'] });
  });

  it('finds charges by reference, captured ones first', async () => {
    await control({ 'decline-next': '1' });
    await charge('k1');
    await charge('k2');
    const { charges } = await get('/charges?reference=o-1');
    expect(charges).toMatchObject([{ status: 'captured' }, { status: 'declined', reason: 'declined-on-request' }]);
    expect(await get('/charges?reference=o-2')).toEqual({ charges: [] });
  });

  it('remembers its charges after a crash, and cuts off a line that was not finished', async () => {
    const before = (await charge('k')).json();
    await appendFile(dataFile, '{"reference":"o-2","am');
    await gateway.close();
    gateway = await createGateway({ dataFile });
    expect((await charge('k')).json()).toEqual(before);
    await charge('k3', { ...order, reference: 'o-3' });
    expect((await readFile(dataFile, 'utf8')).trim().split('\n')).toHaveLength(2);
  });

  it('forgets a key when its lifetime of a day is over, and not before', async () => {
    const start = Date.UTC(2026, 0, 1);
    // Only the time of day is not real: requests go on as ever.
    jest.useFakeTimers({ now: start, doNotFake: [...everythingButTheDate] });
    const first = (await charge('k')).json();
    jest.setSystemTime(start + 86_399_999);
    expect((await charge('k')).json()).toEqual(first);
    jest.setSystemTime(start + 86_400_000);
    const again = await charge('k', { ...order, amount: 1 });
    expect(again.statusCode).toBe(201);
    expect(again.json().chargeId).not.toBe(first.chargeId);
    expect((await charge('k', { ...order, amount: 1 })).json()).toEqual(again.json());
  });

  it.each([
    { amount: 1_402, statuses: [402, 402] },
    { amount: 1_500, statuses: [500, 201, 201] },
    { amount: 1_503, statuses: [503, 503, 503, 201] },
    { amount: 1_099, statuses: [201] },
  ])('treats the amount $amount as documented', async ({ amount, statuses }) => {
    for (const status of statuses) expect((await charge('k', { ...order, amount })).statusCode).toBe(status);
  });

  it('charges but cuts the connection for an amount ending in 502, then replays the charge', async () => {
    const url = await gateway.listen({ port: 0, host: '127.0.0.1' });
    const request = () =>
      fetch(`${url}/charges`, {
        method: 'POST',
        headers: { 'idempotency-key': 'k', 'content-type': 'application/json' },
        body: JSON.stringify({ ...order, amount: 1_502 }),
      });
    await expect(request()).rejects.toThrow('fetch failed');
    expect((await request()).status).toBe(201);
    expect(await get('/charges/totals')).toMatchObject({ captured: 1, chargedTwice: [] });
  });

  it('fails and declines as often as it was instructed', async () => {
    expect((await control({ 'fail-next': '1', 'decline-next': '1' })).json()).toEqual({
      latencyMs: 0,
      failNext: 1,
      declineNext: 1,
    });
    const statuses = [];
    for (const key of ['a', 'b', 'c']) statuses.push((await charge(key)).statusCode);
    expect(statuses).toEqual([500, 402, 201]);
  });

  it('keeps what a later instruction does not name', async () => {
    await control({ 'fail-next': '1', 'latency-ms': '1' });
    expect((await control({ 'decline-next': '2' })).json()).toEqual({ latencyMs: 1, failNext: 1, declineNext: 2 });
  });

  it('answers no sooner than it was told', async () => {
    await control({ 'latency-ms': '30' });
    const start = performance.now();
    expect((await charge('k')).statusCode).toBe(201);
    // A timer may fire a fraction of a millisecond early.
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  });

  it('charges nothing when it fails', async () => {
    await control({ 'fail-next': '1' });
    expect((await charge('k')).statusCode).toBe(500);
    expect(await get('/charges/totals')).toEqual({ captured: 0, declined: 0, chargedTwice: [] });
    expect((await charge('k')).statusCode).toBe(201);
  });

  it('obeys no longer after a reset', async () => {
    await control({ 'fail-next': '5' });
    await gateway.inject({ method: 'DELETE', url: '/control' });
    expect((await charge('k')).statusCode).toBe(201);
  });

  it.each([
    ['no key', '/charges', {}, order, 'The header Idempotency-Key is missing.'],
    ['every wrong field', '/charges', { 'idempotency-key': 'k' }, { amount: 1.5, currency: 'euro' }, 'reference'],
    ['a control that says nothing', '/control', {}, undefined, 'latency-ms, fail-next, decline-next'],
    ['a control that is no number', '/control', { 'fail-next': 'many' }, undefined, 'must be a whole number'],
  ])('answers %s with a problem that says what to do', async (_, url, headers, payload, detail) => {
    const response = await gateway.inject({ method: 'POST', url, headers, ...(payload && { payload }) });
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ status: 400, detail: expect.stringContaining(detail) });
  });
});
