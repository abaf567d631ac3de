import { afterEach, expect, it } from '@jest/globals';
import { deadLetter, type Given } from '../../test/dead-letter.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';

let api: OpsApi;
afterEach(() => api.close());

/** What its consumer can read, and a database with a table away cannot keep: it fails again and again. */
const failing = (id: string): Given => ({
  ...{ id, type: 'order.accepted', orderingKey: id, reason: 'AttemptsExhausted', detail: 'The table was away.' },
  body: {
    order: {
      ...{ orderId: id, customerId: 'ada', currency: 'EUR', total: 450, createdAt: '2026-01-01T00:00:00.000Z' },
      lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }],
    },
    decidedAt: '2026-01-01T00:00:01.000Z',
    cause: { messageId: `place-${id}`, attempt: 1 },
  },
});

it('knows after one attempt that the small stages fail again, however long the delays are', async () => {
  api = await OpsApi.prepare({ RETRY_DELAYS: '1h,1h', IMMEDIATE_ATTEMPTS: '1', SERVICE_VERSION: '7.0.1' });
  const ids = ['a', 'b', 'c', 'd'];
  await deadLetter(api.transport, 'order-status', ids.map(failing));
  await api.startReplica();
  await api.indexed('order-status', 4);
  await api.database.pool.query('ALTER TABLE orders RENAME TO orders_away');
  const { body: selection } = await api.post('/ops/selections', { queue: 'order-status' });
  const request = { selectionId: selection.id, stages: [2, 'rest'], attempts: 1, note: 'go' };
  const made = await api.post('/ops/replays', request);
  expect(made.body).toMatchObject({ attempts: 1 });
  expect((await api.post('/ops/replays', { ...request, attempts: 2 })).body.type).toContain('selection-used');
  await eventually(async () =>
    expect((await api.get(`/ops/replays/${made.body.id}`)).body).toMatchObject({
      state: 'stopped',
      why: expect.stringMatching(/^stopped at stage 1: [12] of 2 failed again$/),
    }),
  );
  await api.indexed('order-status', 4);
  const { items } = (await api.get('/ops/queues/order-status/dead-letters?generation=1')).body;
  expect(items[0]).toMatchObject({
    detail: expect.stringMatching(/^Failed once \(handler of "order\.accepted"/),
    consumerVersion: '7.0.1',
  });
});

it('leaves the last stage all its attempts', async () => {
  api = await OpsApi.prepare({ RETRY_DELAYS: '1h', IMMEDIATE_ATTEMPTS: '1' });
  await deadLetter(api.transport, 'order-status', [failing('a')]);
  await api.startReplica();
  await api.indexed('order-status', 1);
  await api.database.pool.query('ALTER TABLE orders RENAME TO orders_away');
  const { body: selection } = await api.post('/ops/selections', { queue: 'order-status' });
  const request = { selectionId: selection.id, stages: ['rest'], attempts: 1, note: 'go' };
  const made = await api.post('/ops/replays', request);
  expect(made.status).toBe(202);
  await eventually(async () => {
    expect(await api.transport.inspection?.counts('order-status')).toMatchObject({ scheduled: 1 });
  });
  expect((await api.get(`/ops/replays/${made.body.id}`)).body.state).toBe('running');
});
