import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type OrderCancelled, orderCancelled } from '@orderflow/contracts';
import { createEnvelopeWriter, handle, type Handling } from '@orderflow/messaging';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { endsByAbortWhileLocked } from '@orderflow/service-kit/testing';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { FactRecorder } from './fact-recorder.js';

const write = createEnvelopeWriter('/spec');
let database: OrderDatabase;
let handler: Handling['handler'];

beforeAll(async () => {
  database = await openOrderDatabase();
  const recorder = new FactRecorder(createPostgresMessaging({ pool: database.pool }).inbox);
  ({ handler } = handle(orderCancelled, recorder));
});

afterAll(() => database.close());

const cause = { messageId: 'cancel-1', attempt: 1 };
const cancelled = { orderId: 'o-1', decidedAt: '2026-01-31T12:00:01.000Z', cause };

function record(payload: OrderCancelled, signal = new AbortController().signal, id = 'm-1'): Promise<void> {
  const envelope = write(orderCancelled, cancelled, { id });
  const message = { id, type: envelope.type, version: 1, payload, envelope };
  return handler(message, { envelope, queue: 'order-status', attempt: 1, unsettled: 0, signal });
}

it('gives an event up when its delivery does, and records it at the next one', async () => {
  const { pool } = database;
  const recorded = async () => (await pool.query('SELECT FROM order_messages')).rowCount;
  expect(await endsByAbortWhileLocked(pool, 'inbox', (signal) => record(cancelled, signal))).toBe(true);
  expect(await recorded()).toBe(0);
  await record(cancelled);
  expect(await recorded()).toBe(1);
});

it('refuses for good an event with a value that cannot be stored, and records those that came with it', async () => {
  const unstorable = { ...cancelled, orderId: 'o-2', reason: 'no\0 reason' };
  const outcomes = await Promise.allSettled([
    record({ ...cancelled, orderId: 'o-3' }, undefined, 'm-3'),
    record(unstorable, undefined, 'm-2'),
    record({ ...cancelled, orderId: 'o-4' }, undefined, 'm-4'),
  ]);
  expect(outcomes).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'UnstorableValue' } },
    { status: 'fulfilled' },
  ]);
  const { rows } = await database.pool.query("SELECT id FROM orders WHERE id <> 'o-1' ORDER BY id");
  expect(rows).toEqual([{ id: 'o-3' }, { id: 'o-4' }]);
});
