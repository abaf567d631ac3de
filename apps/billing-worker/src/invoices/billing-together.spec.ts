import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Order, orderAccepted } from '@orderflow/contracts';
import {
  createEnvelopeWriter,
  createMessageReader,
  type Delivery,
  type Message,
  type Outgoing,
} from '@orderflow/messaging';
import { createPostgresMessaging, type PostgresMessaging } from '@orderflow/messaging/postgres';
import { sendWaiting } from '@orderflow/messaging/testing/postgres';
import { openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { HttpPaymentGateway } from '../gateway/http-payment-gateway.js';
import { type Answer, answer, ScriptedGateway } from '../gateway/testing/scripted-gateway.js';
import { Billing } from './billing.js';
import { InvoiceStore } from './invoice-store.js';

const migrations = new URL('../../migrations', import.meta.url);
const write = createEnvelopeWriter('/spec');
const read = createMessageReader([orderAccepted]);

let provider: ScriptedGateway;
let database: ServiceDatabase;
let messaging: PostgresMessaging;
let invoices: InvoiceStore;
let billing: Billing;
let bills: number;

beforeEach(async () => {
  bills = 0;
  database = await openServiceDatabase('billing-worker', migrations);
  messaging = createPostgresMessaging(database);
  provider = await ScriptedGateway.start();
  invoices = new InvoiceStore(database.pool);
  const gateway = new HttpPaymentGateway({ url: provider.url, timeoutMs: 5_000 });
  billing = new Billing({ messaging, invoices, gateway, gatewayKeyLifetimeMs: 86_400_000, topic: 'events' });
});

afterEach(async () => {
  await provider.stop();
  await database.close();
});

/** Names the charge after the order; what costs more than 1,000 is declined. */
const byOrder: Answer = async (request, response) => {
  const { reference, amount } = (await json(request)) as { reference: string; amount: number };
  const declined = answer(402, { status: 'declined', reason: `too much for ${reference}` });
  await (amount > 1_000 ? declined : answer(201, { status: 'captured', chargeId: `ch-${reference}` }))(
    request,
    response,
  );
};

function accepted(orderId: string, total: number): Message<{ readonly order: Order; decidedAt: string }> {
  const lines = [{ sku: 'tea', quantity: 1, unitPrice: total }];
  const createdAt = '2026-01-01T00:00:00.000Z';
  const order: Order = { orderId, customerId: 'c-1', currency: 'EUR', lines, total, createdAt };
  const payload = { order, decidedAt: createdAt, cause: { messageId: 'm-1', attempt: 1 } };
  const cause = { correlationId: `c-${orderId}`, headers: {} };
  return read(write(orderAccepted, payload, { id: `order.accepted:${orderId}`, cause })) as ReturnType<typeof accepted>;
}

/** What becomes of these together, as if none had come before: all are charged at the same time, and written by one statement. */
async function bill(messages: readonly ReturnType<typeof accepted>[]): Promise<void> {
  const all = await Promise.all(
    messages.map(async (message) => {
      const { signal } = new AbortController();
      const delivery: Delivery = { envelope: message.envelope, queue: 'billing', attempt: 1, unsettled: 0, signal };
      const of = message as Parameters<Billing['prepare']>[0];
      return { message: of, prepared: await billing.prepare(of, signal, delivery) };
    }),
  );
  bills += 1;
  const ids = all.map(({ message }) => message.id);
  await messaging.inbox.onceManyWith(`billing ${bills}`, ids, billing.effectOf(all));
}

async function published(): Promise<readonly (readonly unknown[])[]> {
  const sent: Outgoing[] = [];
  await sendWaiting(database.pool, 100, async (messages) => void sent.push(...messages));
  return sent
    .map(({ envelope }) => {
      const { orderId, amount, reason } = JSON.parse(Buffer.from(envelope.body).toString());
      return [envelope.id, envelope.correlationId, orderId, amount, reason];
    })
    .sort();
}

it('gives each order of a group its own intent, charge, invoice and event', async () => {
  provider.answers.push(byOrder, byOrder, byOrder);
  await bill([accepted('o-3', 300), accepted('o-1', 5_000), accepted('o-2', 200)]);
  expect(await invoices.ofOrder('o-3')).toMatchObject({ status: 'captured', chargeId: 'ch-o-3', amount: 300 });
  expect(await invoices.ofOrder('o-1')).toMatchObject({ status: 'failed', reason: 'too much for o-1', amount: 5_000 });
  expect(await invoices.ofOrder('o-2')).toMatchObject({ status: 'captured', chargeId: 'ch-o-2', amount: 200 });
  expect(await published()).toEqual([
    ['payment.captured:o-2', 'c-o-2', 'o-2', 200, undefined],
    ['payment.captured:o-3', 'c-o-3', 'o-3', 300, undefined],
    ['payment.failed:o-1', 'c-o-1', 'o-1', 5_000, 'too much for o-1'],
  ]);
  const intents = await database.pool.query('SELECT order_id, amount::int FROM charge_intents ORDER BY order_id');
  expect(intents.rows.map(Object.values)).toEqual([
    ['o-1', 5_000],
    ['o-2', 200],
    ['o-3', 300],
  ]);
});

it('charges nobody again in a group whose other orders have their invoices', async () => {
  provider.answers.push(byOrder, byOrder);
  const first = [accepted('o-1', 100), accepted('o-3', 300)];
  await bill(first);
  await published();
  provider.answers.push(byOrder);
  await bill([...first, accepted('o-2', 200)]);
  expect(provider.requests.map(({ key }) => key).sort()).toEqual(['charge:o-1', 'charge:o-2', 'charge:o-3']);
  expect((await published()).map(([id]) => id)).toEqual(['payment.captured:o-2']);
});

it('bills an order once that two messages of a group are about, and tells of the invoice that was written', async () => {
  provider.answers.push(byOrder, byOrder);
  const again = accepted('o-1', 100);
  await bill([accepted('o-1', 100), { ...again, id: 'another' }]);
  const [event, ...others] = await published();
  expect(others).toEqual([]);
  expect(event?.[0]).toBe('payment.captured:o-1');
});

it('publishes nothing for an order of a group that another transaction has invoiced since', async () => {
  provider.answers.push(byOrder, byOrder, byOrder);
  await Promise.all([bill([accepted('o-1', 100)]), bill([accepted('o-1', 100), accepted('o-2', 200)])]);
  expect((await published()).map(([id]) => id)).toEqual(['payment.captured:o-1', 'payment.captured:o-2']);
});
