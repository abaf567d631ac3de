import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PermanentError } from '@orderflow/messaging';
import { HttpPaymentGateway } from './http-payment-gateway.js';
import { answer, ScriptedGateway } from './testing/scripted-gateway.js';

let provider: ScriptedGateway;

beforeEach(async () => {
  provider = await ScriptedGateway.start();
});

afterEach(async () => {
  await provider.stop();
});

const order = { reference: 'o-1', amount: 4_999, currency: 'EUR' };
const never = new AbortController().signal;

const gateway = (options: { timeoutMs?: number; url?: string } = {}) =>
  new HttpPaymentGateway({ url: provider.url, timeoutMs: 5_000, ...options });

describe('the payment gateway client', () => {
  it('charges with its idempotency key', async () => {
    provider.answers.push(answer(201, { status: 'captured', chargeId: 'ch-1' }));
    expect(await gateway().charge('charge:o-1', order, never)).toEqual({ status: 'captured', chargeId: 'ch-1' });
    expect(provider.requests).toEqual([{ method: 'POST', url: '/charges', key: 'charge:o-1' }]);
  });

  it('takes a decline for an outcome, not for a failure', async () => {
    provider.answers.push(answer(402, { status: 'declined', reason: 'insufficient-funds' }));
    expect(await gateway().charge('k', order, never)).toEqual({ status: 'declined', reason: 'insufficient-funds' });
  });

  it.each([
    ['as long as it is', 'x'.repeat(100_000), 'x'.repeat(100_000)],
    ['of any characters', 'a\0\ud800', 'a\0\ud800'],
    ['that is empty', '', ''],
    ['that is not there', undefined, ''],
    ['that is no text', { code: 51 }, ''],
  ])('takes a decline with a reason %s', async (_, reason, expected) => {
    provider.answers.push(answer(402, { status: 'declined', reason }));
    expect(await gateway().charge('k', order, never)).toEqual({ status: 'declined', reason: expected });
  });

  it.each([500, 502, 503, 301, 308, 401, 403, 404, 408, 425, 429])('is away after status %i', async (status) => {
    provider.answers.push(answer(status, { error: 'busy' }));
    await expect(gateway().charge('k', order, never)).rejects.toMatchObject({
      name: 'DependencyAwayError',
      dependency: 'gateway',
      message: expect.stringContaining(`answered ${status}`),
    });
  });

  it.each([
    ['120', 120_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', undefined],
  ])('asks to be left alone with Retry-After: %s', async (header, retryAfterMs) => {
    provider.answers.push((_, response) => void response.writeHead(429, { 'retry-after': header }).end('{}'));
    const failure: unknown = await gateway()
      .charge('k', order, never)
      .catch((error: unknown) => error);
    expect((failure as { retryAfterMs?: number }).retryAfterMs).toBe(retryAfterMs);
  });

  it('is away when nobody listens, and when it does not answer in time', async () => {
    const away = { name: 'DependencyAwayError', dependency: 'gateway' };
    await expect(gateway({ url: 'http://127.0.0.1:1' }).charge('k', order, never)).rejects.toMatchObject(away);
    provider.answers.push(() => {});
    await expect(gateway({ timeoutMs: 20 }).charge('k', order, never)).rejects.toMatchObject(away);
  });

  it('is well when its health page answers, or it has none', async () => {
    provider.answers.push(answer(200, {}), answer(404, {}), answer(503, {}));
    await expect(gateway().probe(never)).resolves.toBeUndefined();
    await expect(gateway().probe(never)).resolves.toBeUndefined();
    await expect(gateway().probe(never)).rejects.toMatchObject({ dependency: 'gateway' });
    await expect(gateway({ url: 'http://127.0.0.1:1' }).probe(never)).rejects.toMatchObject({ dependency: 'gateway' });
    expect(provider.requests.map(({ url }) => url)).toEqual(['/health', '/health', '/health']);
  });

  it.each([409])('may be asked again after status %i', async (status) => {
    provider.answers.push(answer(status, { error: 'busy' }));
    const charged = gateway().charge('k', order, never);
    await expect(charged).rejects.toThrow(`answered ${status}`);
    await expect(charged).rejects.not.toBeInstanceOf(PermanentError);
  });

  it.each([400, 422])('gives up for good after status %i', async (status) => {
    provider.answers.push(answer(status, { error: 'no' }));
    await expect(gateway().charge('k', order, never)).rejects.toMatchObject({
      code: 'GatewayRefused',
      message: expect.stringContaining(`${status} {"error":"no"}`),
    });
  });

  it('does not take an answer it cannot read for an outcome', async () => {
    provider.answers.push((_, response) => void response.writeHead(201).end('<html>'));
    await expect(gateway().charge('k', order, never)).rejects.toThrow('something other than JSON: <html>');
  });

  it.each([
    ['charge', { reason: 'x'.repeat(100_000) }],
    ['charge', null],
    ['find', { charges: [{ status: 'pending' }] }],
  ] as const)('says in one line that the answer to a %s is none: %j', async (call, body) => {
    provider.answers.push(answer(call === 'charge' ? 402 : 200, body));
    const asked = call === 'charge' ? gateway().charge('k', order, never) : gateway().find('o-1', never);
    const quoted = JSON.stringify(body).slice(0, 200);
    await expect(asked).rejects.toThrow(/^The payment gateway answered with what is no outcome: .{1,210}$/);
    await expect(asked).rejects.toThrow(quoted);
    await expect(asked).rejects.not.toBeInstanceOf(PermanentError);
  });

  it('gives up on a gateway that does not answer in time', async () => {
    provider.answers.push(() => {});
    await expect(gateway({ timeoutMs: 20 }).charge('k', order, never)).rejects.toThrow('timeout');
  });

  it('gives up when the delivery is aborted', async () => {
    const abort = new AbortController();
    provider.answers.push(() => abort.abort(new Error('lock lost')));
    await expect(gateway().charge('k', order, abort.signal)).rejects.toThrow('lock lost');
  });

  it.each([
    { charges: [], found: undefined },
    { charges: [{ status: 'captured', chargeId: 'ch-3' }], found: { status: 'captured', chargeId: 'ch-3' } },
  ])('finds an earlier charge by its reference: $found', async ({ charges, found }) => {
    provider.answers.push(answer(200, { charges }));
    expect(await gateway().find('o/1', never)).toEqual(found);
    expect(provider.requests[0]?.url).toBe('/charges?reference=o%2F1');
  });

  it('does not take a refused look-up for a charge that was never made', async () => {
    provider.answers.push(answer(400, { error: 'who are you' }));
    await expect(gateway().find('o-1', never)).rejects.toMatchObject({ code: 'GatewayRefused' });
  });
});
