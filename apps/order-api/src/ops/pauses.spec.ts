import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transientlyFailed } from '../../test/accepted-orders.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';
import { TestWorker } from '../../test/test-worker.js';

let api: OpsApi;
let worker: TestWorker;

beforeAll(async () => {
  api = await OpsApi.prepare();
  worker = await TestWorker.start(api.broker.connectionString);
  // Nobody listens on port 1.
  await api.startReplica({ OPS_WORKERS: `billing=${worker.url},orders=http://127.0.0.1:1` });
});
afterAll(async () => {
  await api.close();
  await worker.stop();
  await worker.close();
});

const accepted = (id: string) => api.send('billing', [transientlyFailed(id)]);
const consumerOf = async (queue: string) => (await api.get(`/ops/queues/${encodeURIComponent(queue)}`)).body.consumer;
const handled = (...ids: readonly string[]) => eventually(async () => expect(await worker.handled()).toEqual(ids));

it('has a real worker receive nothing until it is resumed, also when it starts again meanwhile', async () => {
  await accepted('a');
  await handled('a');
  expect(await consumerOf('billing')).toMatchObject({
    app: 'billing-worker',
    health: 'up',
    ordered: null,
    paused: null,
  });

  const { status, body } = await api.post('/ops/queues/billing/pause', { note: 'the gateway counts twice' });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    app: 'billing-worker',
    ordered: { reason: 'the gateway counts twice' },
    paused: { dependency: 'manual' },
    health: 'degraded',
    troubles: [{ part: 'consuming', detail: expect.stringContaining('the gateway counts twice') }],
  });
  await worker.stop();
  await worker.startAgain();
  await accepted('b');
  await eventually(async () => {
    const { counts, consumer } = (await api.get('/ops/queues/billing')).body;
    expect([counts.active, consumer.paused?.dependency]).toEqual([1, 'manual']);
  });
  expect(await worker.handled()).toEqual(['a']);

  const resumed = await api.post('/ops/queues/billing/resume', { note: 'it is mended' });
  expect([resumed.status, resumed.body.ordered, resumed.body.paused]).toEqual([200, null, null]);
  await handled('a', 'b');
  expect((await api.post('/ops/queues/billing/resume')).status).toBe(200);
});

it('shows nothing but the pause where the receiver has not come back from the one before', async () => {
  for (const note of ['first', 'second', 'third']) {
    const { body } = await api.post('/ops/queues/billing/pause', { note });
    expect(body.troubles).toEqual([{ part: 'consuming', detail: expect.stringContaining(note) }]);
    await api.post('/ops/queues/billing/resume');
  }
});

it('pauses the queue of this service in every replica', async () => {
  const other = await api.startReplica();
  const events = () => api.database.pool.query('SELECT FROM inbox');
  await api.post('/ops/queues/order-status/pause', { note: 'look' });
  await eventually(async () => {
    const consuming = await (await fetch(`${other.url}/health/ready`)).json();
    expect(JSON.stringify(consuming)).toContain('(manual): look');
  });
  await api.send('order-status', [transientlyFailed('c')]);
  await eventually(async () => expect((await api.get('/ops/queues/order-status')).body.counts.active).toBe(1));
  expect((await events()).rowCount).toBe(0);
  expect(await consumerOf('order-status')).toMatchObject({ app: 'order-api', ordered: { reason: 'look' } });
  await api.post('/ops/queues/order-status/resume', {}, { replica: 1 });
  await eventually(async () => expect((await events()).rowCount).toBe(1));
});

it('is in the audit log before it runs and with its result', async () => {
  await api.post('/ops/queues/billing/pause', { note: 'one' });
  await api.post('/ops/queues/orders/pause', { note: 'two' });
  await api.post('/ops/queues/billing/resume', { note: 'three' });
  const entriesOf = async (queue: string) => {
    const { items } = (await api.get(`/ops/audit?subject=queues/${queue}`)).body;
    return items.map(({ action, phase, note, details }: Record<string, unknown>) => [action, phase, note, details]);
  };
  expect((await entriesOf('billing')).slice(0, 4)).toEqual([
    ['queue.resume', 'done', 'three', {}],
    ['queue.resume', 'begun', 'three', { app: 'billing-worker' }],
    ['queue.pause', 'done', 'one', {}],
    ['queue.pause', 'begun', 'one', { app: 'billing-worker' }],
  ]);
  expect(await entriesOf('orders')).toEqual([
    ['queue.pause', 'failed', 'two', { code: 'worker-unavailable' }],
    ['queue.pause', 'begun', 'two', { app: 'order-worker' }],
  ]);
});

describe('what cannot be paused', () => {
  it.each([
    ['nowhere', 404, 'queue-not-found'],
    ['events%2Fsubscriptions%2Fbilling', 404, 'consumer-not-found'],
    ['analytics', 404, 'consumer-not-found'],
    ['orders', 503, 'worker-unavailable'],
  ])('%s is answered %i %s', async (queue, status, code) => {
    for (const change of ['pause', 'resume']) {
      const answer = await api.post(`/ops/queues/${queue}/${change}`, { note: 'why' });
      expect([answer.status, answer.body.type]).toEqual([status, `urn:orderflow:problem:${code}`]);
      expect(answer.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
    }
  });

  it('says everything that is wrong with an order', async () => {
    const { status, body } = await api.post('/ops/queues/billing/pause', { why: 'x' });
    expect([status, body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()]).toEqual([
      400,
      ['#/note', '#/why'],
    ]);
  });
});

describe('the consumer of a queue', () => {
  it('is unknown where it does not answer, and the list comes all the same', async () => {
    const { status, body } = await api.get('/ops/queues');
    expect(status).toBe(200);
    const consumers = new Map(body.items.map(({ name, consumer }: Record<string, unknown>) => [name, consumer]));
    expect(consumers.get('orders')).toMatchObject({
      app: 'order-worker',
      health: 'unknown',
      troubles: [{ part: 'answer', detail: expect.stringContaining('no answer from http://127.0.0.1:1') }],
    });
    expect(consumers.get('billing')).toMatchObject({ app: 'billing-worker', ordered: null });
    expect(consumers.get('events/subscriptions/billing')).toBeNull();
    expect(consumers.get('analytics')).toBeNull();
  });
});
