import { afterEach, expect, it } from '@jest/globals';
import { poisoned, transientlyFailed } from '../../test/accepted-orders.js';
import { deadLetter, type Given } from '../../test/dead-letter.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';

let api: OpsApi;
afterEach(() => api.close());

const queue = 'order-status';
const many = (count: number, make: (id: string) => Given, prefix = 'm') =>
  Array.from({ length: count }, (_, n) => make(`${prefix}-${n}`));

/** Replicas over a queue with these dead letters, which the index has. */
async function startWith(letters: readonly Given[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  api = await OpsApi.prepare(env);
  await deadLetter(api.transport, queue, letters);
  await api.startReplica();
  await api.indexed(queue, letters.length);
}

const select = (filter: object = {}) => api.post('/ops/selections', { queue, filter });
const replay = async (request: object, filter: object = {}) => {
  const { body } = await select(filter);
  return api.post('/ops/replays', { selectionId: body.id, note: 'the database is back', ...request });
};

async function endOf(id: string) {
  let last: Awaited<ReturnType<OpsApi['get']>> | undefined;
  await eventually(async () => {
    last = await api.get(`/ops/replays/${id}`);
    if (['running'].includes(last.body.state)) throw new Error(`It runs: ${JSON.stringify(last.body.stages)}`);
  }, 60_000);
  return last?.body;
}

async function handled(): Promise<readonly string[]> {
  const { rows } = await api.database.pool.query<{ message_id: string }>('SELECT message_id FROM inbox');
  return rows.map(({ message_id }) => message_id).sort();
}

it('replays a selection in stages, and says of each letter that its consumer has it', async () => {
  await startWith(many(37, transientlyFailed));
  const selection = (await select({ reason: 'AttemptsExhausted' })).body;
  expect(selection).toMatchObject({
    queue,
    count: 37,
    passedOver: 0,
    groups: [{ id: expect.any(String), count: 37 }],
    sample: [{ messageId: 'm-0' }, {}, {}, {}, {}],
  });
  const { status, body, headers } = await api.post('/ops/replays', { selectionId: selection.id, note: 'it is back' });
  expect(status).toBe(202);
  expect(headers.get('location')).toBe(`/ops/replays/${body.id}`);
  const done = await endOf(body.id);
  expect(done).toMatchObject({ state: 'done', target: queue, note: 'it is back', createdBy: 'local' });
  const stages = done.stages as readonly { readonly letters: number; readonly confirmed: number }[];
  expect(stages.map(({ letters, confirmed }) => [letters, confirmed])).toEqual([
    [1, 1],
    [10, 10],
    [26, 26],
  ]);
  expect(await handled()).toHaveLength(37);
  expect(await api.present(queue)).toBe(0);
  const letter = (await api.get(`/ops/queues/${queue}/dead-letters/${selection.sample[0].place}`)).body;
  expect(letter.gone).toMatchObject({ outcome: 'replayed', by: body.id });
  const items = (await api.get(`/ops/replays/${body.id}/items?outcome=confirmed&limit=30`)).body;
  expect(items.items).toHaveLength(30);
  expect((await api.get(`/ops/replays/${body.id}/items?cursor=${items.nextCursor}`)).body.items).toHaveLength(7);
});

it('replays what was selected, and nothing that came later', async () => {
  await startWith(many(37, transientlyFailed));
  const { body: selection } = await select();
  const paused = await api.replicas[0]?.stop();
  expect(paused).toBeUndefined();
  await deadLetter(api.transport, queue, many(5, transientlyFailed, 'later'));
  api.replicas.length = 0;
  await api.startReplica();
  await api.indexed(queue, 42);
  const { body } = await api.post('/ops/replays', { selectionId: selection.id, stages: ['rest'], note: 'go' });
  expect(await endOf(body.id)).toMatchObject({ state: 'done', stages: [{ letters: 37, confirmed: 37 }] });
  expect(await handled()).toHaveLength(37);
  await api.indexed(queue, 5);
});

it('stops by itself when what it replays fails again, and leaves the others where they are', async () => {
  await startWith([...many(20, poisoned, 'bad'), ...many(10, transientlyFailed)]);
  const { body } = await replay({ stages: [2, 10, 'rest'] });
  const stopped = await endOf(body.id);
  expect(stopped).toMatchObject({
    state: 'stopped',
    why: expect.stringMatching(/^stopped at stage 1: [12] of 2 failed again$/),
    stages: [{ letters: 2 }, { letters: 10, released: 10 }, { letters: 18, released: 18 }],
  });
  await api.indexed(queue, 30);
  const { items } = (await api.get(`/ops/replays/${body.id}/items?outcome=failed-again`)).body;
  expect(items[0]).toMatchObject({ messageId: 'bad-0', detail: expect.stringMatching(/^InvalidPayload: /) });
  const again = await replay({}, { reason: 'AttemptsExhausted' });
  expect(again.status).toBe(202);
  expect(await endOf(again.body.id)).toMatchObject({ state: 'done' });
  expect(await handled()).toHaveLength(10);
});

it('makes one replay of a request that is repeated, and none of one that overlaps', async () => {
  await startWith(many(30, transientlyFailed));
  await api.startReplica();
  const [one, two] = [(await select()).body, (await select({ messageId: 'm-7' })).body];
  const request = { selectionId: one.id, rate: 1, stages: [1, 'rest'], note: 'go' };
  const answers = await Promise.all([0, 1, 0, 1].map((replica) => api.post('/ops/replays', request, { replica })));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
  const made = answers[0]?.body as { readonly id: string };
  expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([made.id]));
  const overlapping = await api.post('/ops/replays', { selectionId: two.id, note: 'go' });
  expect([overlapping.status, overlapping.body.type]).toEqual([409, 'urn:orderflow:problem:replay-overlaps']);
  const otherwise = await api.post('/ops/replays', { ...request, rate: 2 });
  expect([otherwise.status, otherwise.body.type]).toEqual([409, 'urn:orderflow:problem:selection-used']);
  expect((await api.get('/ops/replays')).body.items).toHaveLength(1);

  const cancelled = await api.post(`/ops/replays/${made.id}/cancel`, { note: 'wrong ones' });
  expect([cancelled.status, cancelled.body.state, cancelled.body.why]).toEqual([202, 'cancelled', 'wrong ones']);
  expect((await api.post(`/ops/replays/${made.id}/cancel`)).status).toBe(202);
  expect((await api.post(`/ops/replays/${made.id}/resume`)).body.type).toBe('urn:orderflow:problem:replay-ended');
  const { body: rest } = await replay({ stages: ['rest'] });
  expect(await endOf(rest.id)).toMatchObject({ state: 'done' });
  expect(await handled()).toEqual(
    many(30, transientlyFailed)
      .map(({ id }) => id)
      .sort(),
  );
});

it('keeps to its rate, and sends nothing while it is paused', async () => {
  await startWith(many(12, transientlyFailed));
  const { body } = await replay({ rate: 4, stages: ['rest'] });
  await eventually(async () => expect((await handled()).length).toBeGreaterThan(0));
  const paused = (await api.post(`/ops/replays/${body.id}/pause`)).body;
  expect(paused).toMatchObject({ state: 'paused', why: 'asked for by local' });
  await eventually(async () =>
    expect((await api.get(`/ops/replays/${body.id}`)).body.stages[0]).toMatchObject({ inFlight: 0 }),
  );
  const { waiting } = (await api.get(`/ops/replays/${body.id}`)).body.stages[0];
  expect(waiting).toBeGreaterThan(0);
  expect((await api.get(`/ops/replays/${body.id}`)).body.stages[0].waiting).toBe(waiting);
  expect((await api.post(`/ops/replays/${body.id}/resume`)).body.state).toBe('running');
  expect(await endOf(body.id)).toMatchObject({ state: 'done', stages: [{ confirmed: 12 }] });
  const { rows } = await api.database.pool.query(
    'SELECT extract(epoch FROM max(sent_at) - min(sent_at))::float AS took FROM ops_replay_letters',
  );
  // Four at once, and the other eight at four a second.
  expect(rows[0].took).toBeGreaterThanOrEqual(1.5);
});

it('waits for somebody where nobody knows what became of its letters, and goes on without them', async () => {
  api = await OpsApi.start();
  await api.deadLetter('billing', [{ id: 'a' }, { id: 'b' }]);
  const { body: selection } = await api.post('/ops/selections', { queue: 'billing' });
  const { body } = await api.post('/ops/replays', {
    selectionId: selection.id,
    stages: [1, 'rest'],
    confirmWithin: 1,
    note: 'go',
  });
  expect(await endOf(body.id)).toMatchObject({
    state: 'paused',
    stage: 1,
    why: expect.stringContaining('1 of 1 letters of stage 1 were not handled in 1 s'),
    stages: [{ inFlight: 1 }, { waiting: 1 }],
  });
  await api.post(`/ops/replays/${body.id}/resume`);
  expect(await endOf(body.id)).toMatchObject({
    state: 'paused',
    stage: 2,
    stages: [{ unconfirmed: 1 }, { inFlight: 1 }],
  });
  await api.post(`/ops/replays/${body.id}/resume`);
  expect(await endOf(body.id)).toMatchObject({ state: 'done' });
});

it('says what is wrong with a selection or a replay, all at once', async () => {
  api = await OpsApi.start();
  const unknown = '0b2c4d5e-1111-4222-8333-444455556666';
  const problem = async (answer: ReturnType<OpsApi['post']>) => {
    const { status, body } = await answer;
    return [status, body.type.replace('urn:orderflow:problem:', '')];
  };
  expect(await problem(api.post('/ops/selections', { queue: 'nowhere' }))).toEqual([404, 'queue-not-found']);
  const bad = await api.post('/ops/selections', { queue: 'orders', filter: { from: 'noon', group: 7, colour: 'red' } });
  expect(bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '#/filter/colour',
    '#/filter/from',
    '#/filter/group',
  ]);
  const wrong = await api.post('/ops/replays', { selectionId: unknown, stages: [0, 'rest'], rate: 'fast' });
  expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '#/note',
    '#/rate',
    '#/stages/0',
  ]);
  const request = { selectionId: unknown, note: 'go' };
  expect(await problem(api.post('/ops/replays', request))).toEqual([404, 'selection-not-found']);
  const { body: empty } = await api.post('/ops/selections', { queue: 'orders' });
  expect(await problem(api.post('/ops/replays', { ...request, selectionId: empty.id }))).toEqual([
    422,
    'selection-empty',
  ]);
  await api.database.pool.query("UPDATE ops_selections SET expires_at = now() - interval '1 s'");
  expect(await problem(api.post('/ops/replays', { ...request, selectionId: empty.id }))).toEqual([
    410,
    'selection-expired',
  ]);
  await api.database.pool.query(
    "UPDATE ops_selections SET expires_at = now() + interval '1 h', letters = 1, passed_over = 20001",
  );
  expect(await problem(api.post('/ops/replays', { ...request, selectionId: empty.id }))).toEqual([
    422,
    'replay-too-deep',
  ]);
  for (const path of [`/ops/replays/${unknown}`, `/ops/replays/${unknown}/items`, `/ops/selections/${unknown}`]) {
    expect((await api.get(path)).status).toBe(404);
  }
  expect((await api.post(`/ops/replays/${unknown}/pause`)).status).toBe(404);
});

it('has every action in the audit log, before it runs and with its result, for good', async () => {
  await startWith([transientlyFailed('m-1')]);
  const { body } = await replay({});
  await endOf(body.id);
  await api.post(`/ops/replays/${body.id}/cancel`, { note: 'too late' });
  const { items } = (await api.get('/ops/audit')).body;
  const entries = items as readonly { readonly action: string; readonly phase: string }[];
  expect(entries.map(({ action, phase }) => `${action} ${phase}`)).toEqual([
    'replay.cancel failed',
    'replay.cancel begun',
    'replay.create done',
    'replay.create begun',
    'selection.create done',
    'selection.create begun',
  ]);
  expect(items[0]).toMatchObject({
    begun: items[1].id,
    details: { code: 'replay-ended' },
    actor: 'local',
    note: 'too late',
  });
  expect(items[2]).toMatchObject({ begun: items[3].id, details: { replay: body.id }, note: 'the database is back' });
  for (const change of ['UPDATE ops_audit SET actor = $$x$$', 'DELETE FROM ops_audit', 'TRUNCATE ops_audit']) {
    await expect(api.database.pool.query(change)).rejects.toThrow('append-only');
  }
  const page = (await api.get('/ops/audit?limit=2')).body;
  expect((await api.get(`/ops/audit?limit=2&cursor=${page.nextCursor}`)).body.items[0].action).toBe('replay.create');
});

it('shows a whole body to those who say why, which is in the audit log', async () => {
  api = await OpsApi.start();
  await api.deadLetter('orders', [{ id: 'a', body: { customerId: 'ada' } }]);
  const [{ place }] = (await api.get('/ops/queues/orders/dead-letters')).body.items;
  const path = `/ops/queues/orders/dead-letters/${place}`;
  expect((await api.get(path)).body.message.body).toEqual({ customerId: '[redacted]' });
  expect((await api.post(`${path}/reveal`, {})).status).toBe(400);
  const shown = await api.post(`${path}/reveal`, { note: 'ticket 7' });
  expect([shown.status, shown.headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(shown.body.message).toMatchObject({ body: { customerId: 'ada' }, redacted: false });
  const { items } = (await api.get(`/ops/audit?subject=queues/orders/dead-letters/${place}`)).body;
  expect(items).toMatchObject([
    { action: 'payload.reveal', phase: 'done', note: 'ticket 7' },
    { action: 'payload.reveal', phase: 'begun' },
  ]);
  expect(JSON.stringify(items)).not.toContain('ada');
});
