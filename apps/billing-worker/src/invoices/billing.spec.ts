import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Order, orderAccepted, paymentFailed } from '@orderflow/contracts';
import { createEnvelopeWriter, createMessageReader, type Delivery, handle, type Outgoing } from '@orderflow/messaging';
import { createPostgresMessaging, type PostgresMessaging } from '@orderflow/messaging/postgres';
import { sendWaiting } from '@orderflow/messaging/testing/postgres';
import { endsByAbortWhileLocked, openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { HttpPaymentGateway } from '../gateway/http-payment-gateway.js';
import { type Answer, answer, ScriptedGateway } from '../gateway/testing/scripted-gateway.js';
import { Billing } from './billing.js';
import { InvoiceStore } from './invoice-store.js';

const migrations = new URL('../../migrations', import.meta.url);
const write = createEnvelopeWriter('/spec');
const read = createMessageReader([orderAccepted]);
const captured = answer(201, { status: 'captured', chargeId: 'ch-1' });

let provider: ScriptedGateway;
let database: ServiceDatabase;
let messaging: PostgresMessaging;
let invoices: InvoiceStore;

beforeEach(async () => {
  database = await openServiceDatabase('billing-worker', migrations);
  messaging = createPostgresMessaging(database);
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

/** Handles the delivery as the worker does. */
async function bill(delivery: Delivery, gatewayKeyLifetimeMs = 86_400_000): Promise<void> {
  const gateway = new HttpPaymentGateway({ url: provider.url, timeoutMs: 5_000 });
  const billing = new Billing({ messaging, invoices, gateway, gatewayKeyLifetimeMs, topic: 'events' });
  await handle(orderAccepted, billing).handler(read(delivery.envelope), delivery);
}

function delivered(id = 'order.accepted:o-1', signal = new AbortController().signal): Delivery {
  const payload = { order, decidedAt: '2026-01-01T00:00:01.000Z', cause: { messageId: 'm-1', attempt: 1 } };
  const envelope = write(orderAccepted, payload, {
    id,
    cause: { correlationId: 'c-42', headers: { traceparent: 't' } },
  });
  return { envelope, queue: 'billing', attempt: 2, unsettled: 0, signal };
}

async function published(): Promise<readonly Outgoing[]> {
  const sent: Outgoing[] = [];
  await sendWaiting(database.pool, 100, async (messages) => void sent.push(...messages));
  return sent;
}

const payloadOf = ({ envelope }: Outgoing) => JSON.parse(Buffer.from(envelope.body).toString());

const invoiceCount = async () => (await database.pool.query('SELECT FROM invoices')).rowCount;

/** Gives the answers once all of them were asked for: every request is under way at the same time. */
function together(...answers: readonly Answer[]): readonly Answer[] {
  let missing = answers.length;
  let open = (): void => {};
  const complete = new Promise<void>((resolve) => (open = resolve));
  return answers.map((give) => async (request, response) => {
    missing -= 1;
    if (missing === 0) open();
    await complete;
    await give(request, response);
  });
}

/** The idempotency keys of the charges that were asked for. */
const keys = () => provider.requests.filter(({ method }) => method === 'POST').map(({ key }) => key);

describe('billing', () => {
  it('charges with a key that follows from the order, invoices, and publishes', async () => {
    provider.answers.push(captured);
    await bill(delivered());
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

  it('charges the total of the order in its currency', async () => {
    let asked: unknown;
    provider.answers.push(async (request, response) => {
      asked = await json(request);
      await captured(request, response);
    });
    await bill(delivered());
    expect(asked).toEqual({ reference: 'o-1', amount: 500, currency: 'EUR' });
  });

  it('tells in the place and the trace of the order, and when the order was created', async () => {
    provider.answers.push(captured);
    await bill(delivered());
    const [event] = await published();
    expect(event).toMatchObject({
      to: { topic: 'events' },
      envelope: { orderingKey: 'o-1', correlationId: 'c-42', headers: { traceparent: 't' } },
    });
    const invoice = await invoices.ofOrder('o-1');
    expect(payloadOf(event as Outgoing)).toMatchObject({
      invoiceId: invoice?.id,
      orderCreatedAt: order.createdAt,
      capturedAt: invoice?.issuedAt,
    });
  });

  it('takes a decline for an end, with its reason', async () => {
    provider.answers.push(answer(402, { status: 'declined', reason: 'insufficient-funds' }));
    await bill(delivered());
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
  ])('records a decline whose reason is %s, and publishes', async (_, reason, recorded) => {
    provider.answers.push(answer(402, { status: 'declined', reason }));
    await bill(delivered());
    expect(await invoices.ofOrder('o-1')).toMatchObject({ status: 'failed', reason: recorded });
    const [event, ...others] = (await published()).map(payloadOf);
    expect(others).toEqual([]);
    expect(paymentFailed.parse(event)).toMatchObject({ orderId: 'o-1', reason: recorded });
  });

  it('records a capture whatever characters the charge is named by', async () => {
    provider.answers.push(answer(201, { status: 'captured', chargeId: 'ch\0\ud800' }));
    await bill(delivered());
    expect(await invoices.ofOrder('o-1')).toMatchObject({ status: 'captured', chargeId: 'ch\ufffd\ufffd' });
  });

  it('commits the intent before it asks the gateway', async () => {
    let intents: unknown[] = [];
    provider.answers.push(async (request, response) => {
      intents = (await database.pool.query('SELECT order_id FROM charge_intents')).rows;
      await captured(request, response);
    });
    await bill(delivered());
    expect(intents).toEqual([{ order_id: 'o-1' }]);
  });

  it('has no transaction open while it waits for the gateway', async () => {
    const open: unknown[] = [];
    const look =
      (give: Answer): Answer =>
      async (request, response) => {
        const { rows } = await database.pool.query(
          `SELECT state, query FROM pg_stat_activity
           WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()`,
        );
        open.push(rows);
        await give(request, response);
      };
    provider.answers.push(look(answer(200, { charges: [] })), look(captured));
    await bill(delivered(), 0);
    expect(open).toEqual([[], []]);
  });

  it('leaves the intent behind when the gateway fails, and uses the same key again', async () => {
    provider.answers.push(answer(503, {}), captured);
    await expect(bill(delivered())).rejects.toThrow('answered 503');
    expect(await invoices.ofOrder('o-1')).toBeUndefined();
    await bill(delivered());
    expect(keys()).toEqual(['charge:o-1', 'charge:o-1']);
    expect(await published()).toHaveLength(1);
  });

  it('does not ask the gateway again for an order that has its invoice', async () => {
    provider.answers.push(captured);
    await bill(delivered());
    await bill(delivered());
    await bill(delivered('a replay under another id'));
    expect(keys()).toHaveLength(1);
    expect(await published()).toHaveLength(1);
  });

  it.each([
    ['two deliveries', 'order.accepted:o-1'],
    ['two messages about the order', 'a replay under another id'],
  ])('writes one invoice and one event for %s at the same time', async (_, second) => {
    provider.answers.push(...together(captured, captured));
    await Promise.all([bill(delivered()), bill(delivered(second))]);
    expect(keys()).toEqual(['charge:o-1', 'charge:o-1']);
    expect(await invoiceCount()).toBe(1);
    const events = await published();
    expect(events.map(({ envelope }) => envelope.id)).toEqual(['payment.captured:o-1']);
    expect(events.map(payloadOf)).toMatchObject([{ invoiceId: (await invoices.ofOrder('o-1'))?.id }]);
  });

  it('leaves nothing but the intent behind when its event cannot be written, and charges with the same key', async () => {
    provider.answers.push(captured, captured);
    await database.pool.query('ALTER TABLE outbox RENAME TO outbox_away');
    await expect(bill(delivered())).rejects.toThrow('outbox');
    expect(await invoiceCount()).toBe(0);
    await database.pool.query('ALTER TABLE outbox_away RENAME TO outbox');
    await bill(delivered());
    expect(keys()).toEqual(['charge:o-1', 'charge:o-1']);
    expect(await invoiceCount()).toBe(1);
    expect(await published()).toHaveLength(1);
  });

  it('gives up when the delivery is aborted, and records nothing', async () => {
    const abort = new AbortController();
    provider.answers.push(() => abort.abort(new Error('lock lost')));
    await expect(bill(delivered('m-1', abort.signal))).rejects.toThrow('lock lost');
    expect(await invoiceCount()).toBe(0);
  });

  it('looks a charge up before it charges, once the gateway may have forgotten the key', async () => {
    provider.answers.push(answer(500, {}), answer(200, { charges: [{ status: 'captured', chargeId: 'ch-0' }] }));
    await expect(bill(delivered())).rejects.toThrow('answered 500');
    await database.pool.query("UPDATE charge_intents SET created_at = now() - interval '25 hours'");
    await bill(delivered());
    expect(provider.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /charges',
      'GET /charges?reference=o-1',
    ]);
    expect(await invoices.ofOrder('o-1')).toMatchObject({ chargeId: 'ch-0' });
  });

  it('counts the lifetime of the key from the first intent, however many tries have failed since', async () => {
    const found = answer(200, { charges: [{ status: 'captured', chargeId: 'ch-0' }] });
    provider.answers.push(answer(500, {}), answer(503, {}), answer(503, {}), found);
    await expect(bill(delivered())).rejects.toThrow('answered 500');
    await database.pool.query("UPDATE charge_intents SET created_at = now() - interval '25 hours'");
    await expect(bill(delivered())).rejects.toThrow('answered 503');
    await expect(bill(delivered('another'))).rejects.toThrow('answered 503');
    await bill(delivered());
    expect(provider.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'GET']);
    expect(await invoices.ofOrder('o-1')).toMatchObject({ chargeId: 'ch-0' });
  });

  it('takes a decline that it finds for an end', async () => {
    provider.answers.push(answer(200, { charges: [{ status: 'declined', reason: 'insufficient-funds' }] }), captured);
    await bill(delivered(), 0);
    expect(keys()).toEqual([]);
    expect(await invoices.ofOrder('o-1')).toMatchObject({ status: 'failed', reason: 'insufficient-funds' });
  });

  it('charges after all when the look-up finds nothing', async () => {
    provider.answers.push(answer(200, { charges: [] }), captured);
    await bill(delivered(), 0);
    expect(await invoices.ofOrder('o-1')).toMatchObject({ chargeId: 'ch-1' });
  });

  it('gives its invoice up when its delivery does, and writes it at the next one', async () => {
    provider.answers.push(captured, captured);
    const abortable = (signal: AbortSignal) => bill(delivered(undefined, signal));
    expect(await endsByAbortWhileLocked(database.pool, 'inbox', abortable)).toBe(true);
    expect(await invoiceCount()).toBe(0);
    await bill(delivered());
    expect(await invoiceCount()).toBe(1);
  });
});
