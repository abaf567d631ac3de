import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Order, orderAccepted, paymentFailed } from '@orderflow/contracts';
import { createEnvelopeWriter, type Outgoing } from '@orderflow/messaging';
import { MessageContext } from '@orderflow/messaging/nest';
import { createPostgresInbox, createPostgresOutbox, type PostgresOutbox } from '@orderflow/messaging/postgres';
import { openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { HttpPaymentGateway } from '../gateway/http-payment-gateway.js';
import { answer, ScriptedGateway } from '../gateway/testing/scripted-gateway.js';
import { Billing } from './billing.js';
import { InvoiceStore } from './invoice-store.js';

const migrations = new URL('../../migrations', import.meta.url);
const write = createEnvelopeWriter('/spec');
const captured = answer(201, { status: 'captured', chargeId: 'ch-1' });

let provider: ScriptedGateway;
let database: ServiceDatabase;
let outbox: PostgresOutbox;
let invoices: InvoiceStore;

beforeEach(async () => {
  database = await openServiceDatabase('billing-worker', migrations);
  outbox = createPostgresOutbox(database);
  provider = await ScriptedGateway.start();
  invoices = new InvoiceStore(database.pool);
});

afterEach(async () => {
  await provider.stop();
  await database.close();
});

const order: Order = {
  orderId: 'o-1',
  customerId: 'c-1',
  currency: 'EUR',
  lines: [{ sku: 'tea', quantity: 1, unitPrice: 500 }],
  total: 500,
  createdAt: '2026-01-01T00:00:00.000Z',
};

function billing(gatewayKeyLifetimeMs = 86_400_000): Billing {
  const inbox = createPostgresInbox({ ...database, outbox });
  const gateway = new HttpPaymentGateway({ url: provider.url, timeoutMs: 5_000, failuresToOpen: 100, openForMs: 1 });
  return new Billing({ inbox, outbox, invoices, gateway, gatewayKeyLifetimeMs, topic: 'events' });
}

function context(id = 'order.accepted:o-1'): MessageContext {
  const payload = { order, decidedAt: '2026-01-01T00:00:01.000Z', cause: { messageId: 'm-1', attempt: 1 } };
  const envelope = write(orderAccepted, payload, { id });
  const message = { id, type: 'order.accepted', version: 1, payload, envelope };
  return new MessageContext([
    message,
    { envelope, queue: 'billing', attempt: 2, signal: new AbortController().signal },
  ]);
}

async function published(): Promise<readonly Outgoing[]> {
  const sent: Outgoing[] = [];
  await outbox.drain(100, async (messages) => void sent.push(...messages));
  return sent;
}

const payloadOf = ({ envelope }: Outgoing) => JSON.parse(Buffer.from(envelope.body).toString());

/** The idempotency keys of the charges that were asked for. */
const keys = () => provider.requests.filter(({ method }) => method === 'POST').map(({ key }) => key);

describe('billing', () => {
  it('charges with a key that follows from the order, invoices, and tells', async () => {
    provider.answers.push(captured);
    await billing().bill(order, context());
    expect(keys()).toEqual(['charge:o-1']);
    expect(await invoices.ofOrder('o-1')).toEqual({
      id: expect.any(String),
      orderId: 'o-1',
      status: 'captured',
      amount: 500,
      currency: 'EUR',
      chargeId: 'ch-1',
      issuedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const events = await published();
    expect(events.map(({ envelope }) => envelope.id)).toEqual(['payment.captured:o-1']);
    expect(events.map(payloadOf)).toMatchObject([
      { amount: 500, cause: { messageId: 'order.accepted:o-1', attempt: 2 } },
    ]);
  });

  it('takes a decline for an end, with its reason', async () => {
    provider.answers.push(answer(402, { status: 'declined', reason: 'insufficient-funds' }));
    await billing().bill(order, context());
    expect(await invoices.ofOrder('o-1')).toMatchObject({ status: 'failed', reason: 'insufficient-funds' });
    expect((await published()).map(payloadOf)).toMatchObject([{ reason: 'insufficient-funds' }]);
  });

  it.each([
    ['no text at all', '', 'no reason given'],
    ['characters that no database stores', 'a\0b\ud800c', 'a\ufffdb\ufffdc'],
    ['as much as its field takes', 'x'.repeat(500), 'x'.repeat(500)],
    ['more than its field takes', 'x'.repeat(501), `${'x'.repeat(499)}…`],
    ['more, with a character cut in two', `${'x'.repeat(498)}😀😀`, `${'x'.repeat(498)}…`],
    ['a megabyte of NULs', '\0'.repeat(1_000_000), `${'\ufffd'.repeat(499)}…`],
  ])('records a decline whose reason is %s, and tells', async (_, reason, recorded) => {
    provider.answers.push(answer(402, { status: 'declined', reason }));
    await billing().bill(order, context());
    expect(await invoices.ofOrder('o-1')).toMatchObject({ status: 'failed', reason: recorded });
    const [event, ...others] = (await published()).map(payloadOf);
    expect(others).toEqual([]);
    expect(paymentFailed.parse(event)).toMatchObject({ orderId: 'o-1', reason: recorded });
  });

  it('records a capture whatever characters the charge is named by', async () => {
    provider.answers.push(answer(201, { status: 'captured', chargeId: 'ch\0\ud800' }));
    await billing().bill(order, context());
    expect(await invoices.ofOrder('o-1')).toMatchObject({ status: 'captured', chargeId: 'ch\ufffd\ufffd' });
  });

  it('commits the intent before it asks the gateway', async () => {
    let intents: unknown[] = [];
    provider.answers.push(async (request, response) => {
      intents = (await database.pool.query('SELECT order_id FROM charge_intents')).rows;
      await captured(request, response);
    });
    await billing().bill(order, context());
    expect(intents).toEqual([{ order_id: 'o-1' }]);
  });

  it('leaves the intent behind when the gateway fails, and uses the same key again', async () => {
    provider.answers.push(answer(503, {}), captured);
    await expect(billing().bill(order, context())).rejects.toThrow('answered 503');
    expect(await invoices.ofOrder('o-1')).toBeUndefined();
    await billing().bill(order, context());
    expect(keys()).toEqual(['charge:o-1', 'charge:o-1']);
    expect(await published()).toHaveLength(1);
  });

  it('does not ask the gateway again for an order that has its invoice', async () => {
    provider.answers.push(captured);
    await billing().bill(order, context());
    await billing().bill(order, context());
    await billing().bill(order, context('a replay under another id'));
    expect(keys()).toHaveLength(1);
    expect(await published()).toHaveLength(1);
  });

  it('writes one invoice and one event for two deliveries at the same time', async () => {
    provider.answers.push(captured, captured);
    await Promise.all([billing().bill(order, context()), billing().bill(order, context())]);
    expect((await database.pool.query('SELECT FROM invoices')).rowCount).toBe(1);
    expect(await published()).toHaveLength(1);
  });

  it('looks a charge up before it charges, once the gateway may have forgotten the key', async () => {
    provider.answers.push(answer(500, {}), answer(200, { charges: [{ status: 'captured', chargeId: 'ch-0' }] }));
    await expect(billing().bill(order, context())).rejects.toThrow('answered 500');
    await database.pool.query("UPDATE charge_intents SET created_at = now() - interval '25 hours'");
    await billing().bill(order, context());
    expect(provider.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /charges',
      'GET /charges?reference=o-1',
    ]);
    expect(await invoices.ofOrder('o-1')).toMatchObject({ chargeId: 'ch-0' });
  });

  it('charges after all when the look-up finds nothing', async () => {
    provider.answers.push(answer(200, { charges: [] }), captured);
    await billing(0).bill(order, context());
    expect(await invoices.ofOrder('o-1')).toMatchObject({ chargeId: 'ch-1' });
  });
});
