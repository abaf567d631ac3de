import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { orderCancelled } from '@orderflow/contracts';
import { createEnvelopeWriter, handle } from '@orderflow/messaging';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { endsByAbortWhileLocked } from '@orderflow/service-kit/testing';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { FactRecorder } from './fact-recorder.js';

const write = createEnvelopeWriter('/spec');
let database: OrderDatabase;

beforeAll(async () => {
  database = await openOrderDatabase();
});

afterAll(() => database.close());

it('gives an event up when its delivery does, and records it at the next one', async () => {
  const { pool } = database;
  const recorder = new FactRecorder(createPostgresMessaging({ pool }).inbox);
  const cause = { messageId: 'cancel-1', attempt: 1 };
  const payload = { orderId: 'o-1', decidedAt: '2026-01-31T12:00:01.000Z', cause };
  const { handler } = handle(orderCancelled, recorder);
  const record = (signal = new AbortController().signal): Promise<void> => {
    const envelope = write(orderCancelled, payload, { id: 'm-1' });
    const message = { id: 'm-1', type: envelope.type, version: 1, payload, envelope };
    return handler(message, { envelope, queue: 'order-status', attempt: 1, unsettled: 0, signal });
  };
  const recorded = async () => (await pool.query('SELECT FROM order_messages')).rowCount;
  expect(await endsByAbortWhileLocked(pool, 'inbox', record)).toBe(true);
  expect(await recorded()).toBe(0);
  await record();
  expect(await recorded()).toBe(1);
});
