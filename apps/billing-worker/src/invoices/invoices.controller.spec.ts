import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { outgoing } from '@orderflow/messaging/testing';
import { createLogger, createMetrics, loadConfig, type RunningService, startService } from '@orderflow/service-kit';
import { openServiceDatabase, type ServiceDatabase } from '@orderflow/service-kit/testing';
import { configSchema } from '../config.js';
import { InvoiceStore, invoicesOf } from './invoice-store.js';
import { InvoicesController } from './invoices.controller.js';

let database: ServiceDatabase;
let service: RunningService;

class InvoicesOnly {}

beforeEach(async () => {
  database = await openServiceDatabase('billing-worker', new URL('../../migrations', import.meta.url));
  const config = loadConfig(configSchema, {
    DATABASE_URL: database.url,
    SERVICEBUS_CONNECTION_STRING: 'Endpoint=sb://localhost;SharedAccessKeyName=k;SharedAccessKey=k',
    PAYMENT_GATEWAY_URL: 'http://localhost',
    PORT: '0',
  });
  const context = {
    config,
    logger: createLogger({ name: 'billing-worker', level: 'silent' }),
    metrics: createMetrics('billing-worker'),
  };
  const store = { provide: InvoiceStore, useValue: new InvoiceStore(database.pool) };
  service = await startService(context, {
    module: { module: InvoicesOnly, controllers: [InvoicesController], providers: [store] },
  });
});

afterEach(async () => {
  await service.stop();
  await database.close();
});

it('shows the invoice of an order', async () => {
  const id = '5a2f0c7e-1f0e-4a6a-8b6c-94b8a7e1c001';
  const issuedAt = '2026-01-31T12:00:00.000Z';
  const invoice = {
    id,
    orderId: 'o-1',
    amount: 500,
    currency: 'EUR',
    issuedAt,
    status: 'failed',
    reason: 'no',
  } as const;
  const { inbox } = createPostgresMessaging(database);
  await inbox.onceManyWith('spec', ['m-1'], invoicesOf([{ messageId: 'm-1', invoice, event: outgoing('e-1') }]));
  expect(await (await fetch(`${service.url}/invoices/o-1`)).json()).toEqual(invoice);
  expect((await fetch(`${service.url}/invoices/o-2`)).status).toBe(404);
});

it.each(['%00', 'a%20b', 'caf%C3%A9'])('answers 400 to what cannot be the id of an order: %s', async (id) => {
  const answer = await fetch(`${service.url}/invoices/${id}`);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    expect.objectContaining({ errors: [expect.objectContaining({ parameter: 'orderId' })] }),
  ]);
});
