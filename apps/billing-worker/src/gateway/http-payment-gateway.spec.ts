import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PermanentError } from '@orderflow/messaging';
import { HttpPaymentGateway } from './http-payment-gateway.js';
import { answer, ScriptedGateway } from './testing/scripted-gateway.js';

let provider: ScriptedGateway;

beforeEach(async () => {
  provider = await ScriptedGateway.start();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await provider.stop();
});

const order = { reference: 'o-1', amount: 4_999, currency: 'EUR' };
const never = new AbortController().signal;

const gateway = (options: { timeoutMs?: number; failuresToOpen?: number } = {}) =>
  new HttpPaymentGateway({ url: provider.url, timeoutMs: 5_000, failuresToOpen: 5, openForMs: 60_000, ...options });

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

  it.each([500, 503, 429, 408, 409])('may be asked again after status %i', async (status) => {
    provider.answers.push(answer(status, { error: 'busy' }));
    const charged = gateway().charge('k', order, never);
    await expect(charged).rejects.toThrow(`answered ${status}`);
    await expect(charged).rejects.not.toBeInstanceOf(PermanentError);
  });

  it.each([400, 401, 422])('gives up for good after status %i', async (status) => {
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

  it('leaves a failing gateway alone for a while', async () => {
    const client = gateway({ failuresToOpen: 2 });
    provider.answers.push(answer(500, {}), answer(500, {}));
    await expect(client.charge('k', order, never)).rejects.toThrow('answered 500');
    await expect(client.charge('k', order, never)).rejects.toThrow('answered 500');
    await expect(client.charge('k', order, never)).rejects.toThrow('left alone for a while');
    expect(provider.requests).toHaveLength(2);
  });

  it('asks the gateway again once that while is over', async () => {
    const client = gateway({ failuresToOpen: 1 });
    provider.answers.push(answer(500, {}), answer(201, { status: 'captured', chargeId: 'ch-1' }));
    let now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now);
    await expect(client.charge('k', order, never)).rejects.toThrow('answered 500');
    now += 59_999;
    await expect(client.charge('k', order, never)).rejects.toThrow('left alone for a while');
    now += 1;
    await expect(client.charge('k', order, never)).resolves.toMatchObject({ chargeId: 'ch-1' });
  });

  it('does not open the circuit for charges the gateway refuses', async () => {
    const client = gateway({ failuresToOpen: 1 });
    provider.answers.push(answer(422, {}), answer(201, { status: 'captured', chargeId: 'ch-2' }));
    await expect(client.charge('k', order, never)).rejects.toBeInstanceOf(PermanentError);
    await expect(client.charge('k', order, never)).resolves.toMatchObject({ chargeId: 'ch-2' });
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
    provider.answers.push(answer(401, { error: 'who are you' }));
    await expect(gateway().find('o-1', never)).rejects.toMatchObject({ code: 'GatewayRefused' });
  });
});
