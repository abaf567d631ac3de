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
  await api.startReplica({
    OPS_WORKERS: `billing=${worker.url}`,
    OPS_EXPORT_KEY: Buffer.alloc(32, 7).toString('base64'),
  });
});
afterAll(async () => {
  await api.close();
  await worker.stop();
  await worker.close();
});

interface Step {
  readonly id: string;
  readonly kind: string;
  readonly lane: string;
  readonly time: string | null;
}

const storyOf = (id: string) => api.get(`/ops/orders/${id}/story`);
const step = (steps: readonly Step[], id: string) => steps.find((one) => one.id === id);

it('tells of an order with the times that each inbox has, and says what it cannot know', async () => {
  const event = transientlyFailed('o-1');
  await api.send('billing', [event]);
  await api.send('order-status', [event]);
  await eventually(async () => expect(await worker.handled()).toEqual(['o-1']));
  await eventually(async () => expect((await api.get('/orders/o-1')).status).toBe(200));
  // The index looks at one queue after the other.
  await eventually(async () => expect(String((await storyOf('o-1')).body.why)).not.toContain('Nobody has looked'));
  const { body, status } = await storyOf('o-1');
  const timesOf = async ({ pool }: { pool: typeof worker.database.pool }) =>
    (await pool.query<{ handled_at: Date }>("SELECT handled_at FROM inbox WHERE message_id = 'o-1'")).rows[0]
      ?.handled_at;
  expect([status, body.orderId, body.status]).toEqual([200, 'o-1', 'accepted']);
  expect(step(body.steps, 'handled billing-worker o-1')?.time).toBe((await timesOf(worker.database))?.toISOString());
  expect(step(body.steps, 'handled order-api o-1')?.time).toBe((await timesOf(api.database))?.toISOString());
  // The event says that order-worker handled its command: nobody here can ask when.
  expect(step(body.steps, 'handled order-worker place-o-1')).toMatchObject({ time: null });
  expect(body.complete).toBe(false);
  expect(body.why).toEqual([
    expect.stringContaining('Of message place-o-1'),
    'What order-worker has handled is not known: OPS_WORKERS does not name where it answers.',
    'What analytics-worker has handled is not known: OPS_WORKERS does not name where it answers.',
  ]);
});

it('tells of dead letters and of their replays', async () => {
  await worker.stop();
  await api.deadLetter('billing', [transientlyFailed('o-2')]);
  await worker.startAgain();
  const { body: dead } = await storyOf('o-2');
  const [letter] = dead.steps.filter(({ kind }: Step) => kind === 'dead-lettered');
  expect(letter).toMatchObject({
    lane: 'billing-worker',
    detail: 'AttemptsExhausted: The database was away.',
    time: null,
  });
  expect((await api.get(letter.link)).body.messageId).toBe('o-2');

  const { body: selection } = await api.post('/ops/selections', { queue: 'billing' });
  const { body: replay } = await api.post('/ops/replays', { selectionId: selection.id, note: 'it is back' });
  await eventually(async () => expect((await api.get(`/ops/replays/${replay.id}`)).body.state).toBe('done'));
  const { body: story } = await storyOf('o-2');
  const replayed = story.steps.find(({ kind }: Step) => kind === 'replayed');
  expect(replayed).toMatchObject({ outcome: 'confirmed', link: `/ops/replays/${replay.id}` });
  const { items } = (await api.get(`/ops/replays/${replay.id}/items`)).body;
  expect(replayed.time).toBe(items[0].sentAt);
  expect(story.edges).toContainEqual({ from: letter.id, to: replayed.id, kind: 'operated' });
  expect(story.edges).toContainEqual({ from: replayed.id, to: 'handled billing-worker o-2', kind: 'delivered' });
  const ids = story.steps.map(({ id }: Step) => id);
  for (const { from, to } of story.edges) expect(ids.indexOf(from)).toBeLessThan(ids.indexOf(to));
});

it('tells of a message that was sent in place of a dead letter', async () => {
  const event = transientlyFailed('o-3');
  await worker.stop();
  await api.deadLetter('billing', [event]);
  await worker.startAgain();
  const { place } = (await api.get('/ops/queues/billing/dead-letters')).body.items[0];
  const path = `/ops/queues/billing/dead-letters/${place}/edit`;
  const { body: edit } = await api.post(path, { body: event.body, note: 'ticket 7' });
  const id = `edit-${edit.id}`;
  await eventually(async () => expect(await worker.handled()).toContain(id));
  await eventually(async () => {
    const { edges } = (await storyOf('o-3')).body;
    expect(edges).toContainEqual({ from: `edited billing ${place}`, to: `sent ${id}`, kind: 'operated' });
    expect(edges).toContainEqual({ from: `sent ${id}`, to: `handled billing-worker ${id}`, kind: 'delivered' });
  });
});

it('says when a worker does not answer, and tells the rest', async () => {
  await worker.stop();
  const { status, body } = await storyOf('o-1');
  await worker.startAgain();
  expect([status, body.complete]).toEqual([200, false]);
  expect(body.why).toContainEqual(
    expect.stringMatching(/^What billing-worker has handled is not known: .*no answer from/),
  );
  expect(step(body.steps, 'handled order-api o-1')?.time).toEqual(expect.any(String));
});

describe('the payload of an order', () => {
  it('is shown without what its contract calls sensitive', async () => {
    const { body } = await storyOf('o-1');
    expect(body.order).toEqual({
      body: expect.objectContaining({ orderId: 'o-1', customerId: '[redacted]', total: 450 }),
      redacted: true,
    });
    expect(JSON.stringify(body)).not.toContain('ada');
  });

  it('is shown whole to those who say why, and that is in the audit log', async () => {
    const { status, body, headers } = await api.post('/ops/orders/o-1/story/reveal', { note: 'ticket 7' });
    expect([status, body.order.body.customerId, body.order.redacted]).toEqual([200, 'ada', false]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await api.get('/ops/audit?subject=orders/o-1')).body.items).toMatchObject([
      { action: 'story.reveal', phase: 'done', note: 'ticket 7' },
      { action: 'story.reveal', phase: 'begun', note: 'ticket 7' },
    ]);
    expect((await api.post('/ops/orders/o-1/story/reveal')).status).toBe(400);
  });
});

it('knows nothing of an order that nobody has heard of', async () => {
  for (const answer of [await storyOf('nobody'), await api.post('/ops/orders/nobody/story/reveal', { note: 'x' })]) {
    expect([answer.status, answer.body.type]).toEqual([404, 'urn:orderflow:problem:order-not-found']);
  }
});
