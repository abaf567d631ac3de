import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { orderPlace } from '@orderflow/contracts';
import { createEnvelopeWriter, type Envelope } from '@orderflow/messaging';
import { type AzureServiceBusTransport, createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { receive, type Receiver } from '@orderflow/messaging/testing';
import type { RunningService } from '@orderflow/service-kit';
import type { ServiceFixture } from '@orderflow/service-kit/testing';
import { openOrderWorker } from '../test/open-order-worker.js';

const write = createEnvelopeWriter('/spec');
/** Places that order-worker receives from and sends to. */
const entities = ['orders', 'events'];

let folder: string;
let file: string;
let fixture: ServiceFixture;
let service: RunningService;
/** Everybody else on the broker: their key is another. */
let others: AzureServiceBusTransport;
let events: Receiver;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orderflow-key-'));
  file = join(folder, 'connection-string');
  fixture = await openOrderWorker({ broker: { requireAuth: true } });
  others = createAzureServiceBusTransport({ connectionString: fixture.broker.connectionString });
  events = await receive(others, 'analytics');
  regenerateKey('first');
  writeKey('first');
  service = await fixture.start({ SERVICEBUS_CONNECTION_STRING: '', SERVICEBUS_CONNECTION_STRING_FILE: file });
});

afterEach(async () => {
  await service.stop();
  await others.close();
  await fixture.close();
  rmSync(folder, { recursive: true });
});

/** From now on this is the only key of order-worker. Links that are attached stay attached, as on Azure. */
function regenerateKey(primaryKey: string): void {
  const rule = { keyName: 'order-worker', primaryKey, secondaryKey: undefined, rights: ['Send', 'Listen'] as const };
  const { namespace, clock } = fixture.broker;
  for (const entity of entities) namespace.update(entity, { authorizationRules: [rule] }, clock.now());
}

/** As an orchestrator mounts a secret: another file takes the place of the old one. */
function writeKey(key: string): void {
  const address = `Endpoint=sb://127.0.0.1:${fixture.broker.port};UseDevelopmentEmulator=true`;
  writeFileSync(`${file}.new`, `${address};SharedAccessKeyName=order-worker;SharedAccessKey=${key}\n`);
  renameSync(`${file}.new`, file);
}

function place(...ids: readonly string[]): Promise<void> {
  const order = (orderId: string): Envelope =>
    write(
      orderPlace,
      {
        orderId,
        customerId: 'c-1',
        currency: 'EUR',
        lines: [{ sku: 'tea', quantity: 1, unitPrice: 500 }],
        total: 500,
        createdAt: '2026-01-01T00:00:00.000Z',
      },
      { id: `place-${orderId}`, orderingKey: orderId },
    );
  return others.send(ids.map((id) => ({ to: { queue: 'orders' }, envelope: order(id) })));
}

/** The orders of the next events. */
async function decided(count: number): Promise<readonly unknown[]> {
  const orders: unknown[] = [];
  while (orders.length < count) {
    const { envelope } = await events.complete();
    orders.push((JSON.parse(Buffer.from(envelope.body).toString()) as { order: { orderId: string } }).order.orderId);
  }
  return orders.sort();
}

/** The broker makes its clients attach their links again, as Azure does when they were idle or it is maintained. */
function detachLinks(): void {
  for (const entity of entities) fixture.broker.faults.disrupt({ kind: 'detach-links', entity });
}

const receiverState = async () => {
  const answer = await fetch(`${service.url}/health/ready`);
  return JSON.stringify(await answer.json());
};

it('goes on with a key that was regenerated, without a restart, and loses and repeats nothing', async () => {
  await place('before-1', 'before-2');
  expect(await decided(2)).toEqual(['before-1', 'before-2']);

  // For a while the old key is none any more, and the new one is not there yet.
  regenerateKey('second');
  detachLinks();
  await place('between-1', 'between-2', 'between-3');
  while (!(await receiverState()).includes('InvalidSignature')) await new Promise(setImmediate);

  writeKey('second');
  await place('after');
  expect(await decided(4)).toEqual(['after', 'between-1', 'between-2', 'between-3']);
  const { rows } = await fixture.database.pool.query('SELECT count(*)::int AS decisions FROM decisions');
  expect(rows).toEqual([{ decisions: 6 }]);
  expect(await receiverState()).not.toContain('InvalidSignature');
  expect(events.waiting).toBe(0);
});

it('sends its events with the new key where only sending needs one', async () => {
  regenerateKey('second');
  writeKey('second');
  // Its receiver is attached, so the order arrives; the link to the topic is still to be opened.
  await place('o-1');
  expect(await decided(1)).toEqual(['o-1']);
});
