import { randomBytes } from 'node:crypto';
import { afterEach, expect, it } from '@jest/globals';
import { receive } from '@orderflow/messaging/testing';
import { TestIssuer } from '@orderflow/service-kit/testing';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';

const OPS_EXPORT_KEY = randomBytes(32).toString('base64');
const unknown = '0b2c4d5e-1111-4222-8333-444455556666';
const order = {
  orderId: 'o-1',
  customerId: 'ada',
  currency: 'EUR',
  lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }],
  total: 450,
  createdAt: '2026-01-01T00:00:00.000Z',
};
const broken = { ...order, currency: 'euro' };
const why = { note: 'needed after all' };

let api: OpsApi;
let issuer: TestIssuer | undefined;
afterEach(async () => {
  await api.close();
  await issuer?.stop();
  issuer = undefined;
});

const typeOf = ({ status, body }: { status: number; body: { type: string } }) => [
  status,
  body.type.replace('urn:orderflow:problem:', ''),
];

const select = async (filter: object = {}) =>
  (await api.post('/ops/selections', { queue: 'orders', filter })).body.id as string;

/** The path of an edit of the only letter of queue `orders`. */
async function edit(): Promise<string> {
  const [{ place }] = (await api.get('/ops/queues/orders/dead-letters')).body.items;
  const path = `/ops/queues/orders/dead-letters/${place}/edit`;
  return `/ops/edits/${(await api.post(path, { body: order, note: 'go' })).body.id}`;
}

/** Another one leads, for an hour: nothing ends. */
async function startWithoutLead(): Promise<void> {
  await api.replicas.pop()?.stop();
  await api.database.pool.query(
    `INSERT INTO ops_leases (name, holder, leased_until) VALUES ('ops', 'another', now() + interval '1 hour')
     ON CONFLICT (name) DO UPDATE SET holder = 'another', leased_until = now() + interval '1 hour'`,
  );
  await api.startReplica();
}

it('restores of an export what is gone, once, and says what it left out', async () => {
  api = await OpsApi.start({ OPS_EXPORT_KEY });
  await api.deadLetter(
    'orders',
    ['a', 'b', 'stays', 'replayed'].map((id) => ({ id, body: { customerId: 'ada', id }, orderingKey: id })),
  );
  const made = await api.post('/ops/exports', { selectionId: await select(), note: 'for the sender' });
  const path = `/ops/exports/${made.body.id}`;
  await eventually(async () => expect((await api.get(path)).body).toMatchObject({ state: 'done', exported: 4 }));
  expect((await api.post(`${path}/restore`, why)).body).toMatchObject({ restored: 0, present: 4, sentOtherwise: 0 });

  await api.transport.deadLetters.discard('orders', { filter: ({ id }) => id === 'a' || id === 'b' });
  await api.post('/ops/replays', { selectionId: await select({ messageId: 'replayed' }), note: 'go' });
  await api.indexed('orders', 1);
  expect((await api.post(`${path}/restore`, {})).status).toBe(400);
  const leftOut = { exported: 4, restored: 2, present: 1, sentOtherwise: 1 };
  expect((await api.post(`${path}/restore`, why)).body).toMatchObject(leftOut);
  expect((await api.post(`${path}/restore`, why)).body).toMatchObject(leftOut);
  expect((await api.get(path)).body).toMatchObject({ exported: 4, restored: 2 });

  const work = await receive(api.transport, 'orders');
  await api.send('orders', [{ id: 'fence' }]);
  const found = new Map<string, Awaited<ReturnType<typeof work.complete>>>();
  for (;;) {
    const delivery = await work.complete();
    if (delivery.envelope.id === 'fence') break;
    expect(found.has(delivery.envelope.id)).toBe(false);
    found.set(delivery.envelope.id, delivery);
  }
  await work.subscription.stop();
  expect([...found.keys()].sort()).toEqual(['a', 'b', 'replayed']);
  expect(found.get('a')).toMatchObject({
    envelope: { orderingKey: 'a', headers: { traceparent: expect.any(String) } },
  });
  const text = Buffer.from(found.get('a')?.envelope.body ?? []).toString();
  expect(JSON.parse(text)).toEqual({ customerId: 'ada', id: 'a' });
  expect((await api.transport.deadLetters.peek('orders')).letters).toMatchObject([{ id: 'stays' }]);
  const [last, , first] = (await api.get(`/ops/audit?subject=${path.slice('/ops/'.length)}`)).body.items;
  expect(last).toMatchObject({ action: 'export.restore', phase: 'done', note: why.note, details: { letters: 0 } });
  expect(first).toMatchObject({ phase: 'done', details: { letters: 2, present: 1, sentOtherwise: 1 } });
});

/** The paths of an export and a discard of everything in queue `orders`, both done. */
async function exportAndDiscard(count: number): Promise<{ readonly exported: string; readonly discarded: string }> {
  const made = await api.post('/ops/exports', { selectionId: await select(), note: 'go' });
  const exported = `/ops/exports/${made.body.id}`;
  await eventually(async () => expect((await api.get(exported)).body.state).toBe('done'));
  const request = { selectionId: await select(), confirm: count, note: 'go' };
  const discarded = `/ops/discards/${(await api.post('/ops/discards', request)).body.id}`;
  await eventually(async () =>
    expect((await api.get(discarded)).body).toMatchObject({ state: 'done', discarded: count }),
  );
  return { exported, discarded };
}

it('sends a letter of which there are two copies once, whichever is restored first', async () => {
  api = await OpsApi.start({ OPS_EXPORT_KEY });
  await api.deadLetter('orders', [{ id: 'a' }, { id: 'b' }]);
  const { exported, discarded } = await exportAndDiscard(2);
  expect((await api.post(`${exported}/restore`, why)).body).toMatchObject({ restored: 2 });
  const second = await api.post(`${discarded}/restore`, why);
  expect(second.body).toMatchObject({ discarded: 2, restored: 0, sentOtherwise: 2 });
  const [entry] = (await api.get(`/ops/audit?subject=${discarded.slice('/ops/'.length)}`)).body.items;
  expect(entry).toMatchObject({ phase: 'done', details: { letters: 0, sentOtherwise: 2 } });
});

/** Receives the only message of queue `orders` and gives it up. */
async function failAgain(): Promise<void> {
  const work = await receive(api.transport, 'orders');
  (await work.next()).settle({ kind: 'dead-letter', reason: 'R', detail: 'again' });
  await work.subscription.stop();
  await api.indexed('orders', 1);
}

it('restores what failed after it had been replayed or restored, and not what was restored since', async () => {
  api = await OpsApi.start({ OPS_EXPORT_KEY });
  await api.deadLetter('orders', [{ id: 'a' }]);
  await api.post('/ops/replays', { selectionId: await select(), note: 'go' });
  await api.indexed('orders', 0);
  // The replay ended before it failed again.
  await api.database.pool.query("UPDATE ops_replays SET state = 'done', ended_at = now()");
  await api.database.pool.query("UPDATE ops_replay_letters SET state = 'unconfirmed'");
  for (const first of ['exported', 'exported', 'discarded', 'exported'] as const) {
    await failAgain();
    const copies = await exportAndDiscard(1);
    const second = first === 'exported' ? 'discarded' : 'exported';
    const leftOut = { restored: 0, sentOtherwise: 1 };
    expect((await api.post(`${copies[first]}/restore`, why)).body).toMatchObject({ restored: 1, sentOtherwise: 0 });
    expect((await api.post(`${copies[second]}/restore`, why)).body).toMatchObject(leftOut);
  }
});

it('restores the original of an edit, once, beside what was sent in its place', async () => {
  api = await OpsApi.start({ OPS_EXPORT_KEY });
  await api.deadLetter('orders', [{ id: 'm', reason: 'InvalidPayload', body: broken, orderingKey: 'o-1' }]);
  const path = await edit();
  await eventually(async () => expect((await api.get(path)).body.state).toBe('sent'));
  const work = await receive(api.transport, 'orders');
  expect((await work.complete()).envelope.id).toMatch(/^edit-/);
  expect((await api.post(`${path}/restore`, {})).status).toBe(400);
  const restored = await api.post(`${path}/restore`, why);
  expect([restored.status, restored.body.restoredAt]).toEqual([200, expect.any(String)]);
  expect((await api.post(`${path}/restore`, why)).body.restoredAt).toBe(restored.body.restoredAt);
  const { envelope } = await work.complete();
  expect(envelope).toMatchObject({
    id: 'm',
    type: 'order.place',
    orderingKey: 'o-1',
  });
  expect(envelope.headers).toEqual({ traceparent: expect.any(String) });
  expect(JSON.parse(Buffer.from(envelope.body).toString())).toEqual(broken);
  await api.send('orders', [{ id: 'fence' }]);
  expect((await work.complete()).envelope.id).toBe('fence');
  await work.subscription.stop();
  const { items } = (await api.get(`/ops/audit?subject=${path.slice('/ops/'.length)}`)).body;
  expect(items.map(({ phase, details }: { phase: string; details: object }) => [phase, details])).toEqual([
    ...[
      ['done', { letters: 0 }],
      ['begun', {}],
      ['done', { letters: 1 }],
      ['begun', {}],
    ],
  ]);
  const { steps } = (await api.get('/ops/orders/o-1/story')).body;
  expect(steps.find(({ kind }: { kind: string }) => kind === 'restored')).toMatchObject({
    messageId: 'm',
    time: restored.body.restoredAt,
    link: path,
  });
});

it('restores nothing that runs, that is a dead letter, that was removed or is unknown', async () => {
  api = await OpsApi.start({ OPS_EXPORT_KEY });
  await api.deadLetter('orders', [{ id: 'm', reason: 'InvalidPayload', body: broken }]);
  await startWithoutLead();
  const made = await api.post('/ops/exports', { selectionId: await select(), note: 'go' });
  const restore = async (path: string, replica = 0) => typeOf(await api.post(`${path}/restore`, why, { replica }));
  expect(await restore(`/ops/exports/${made.body.id}`)).toEqual([409, 'export-running']);
  const path = await edit();
  expect(await restore(path)).toEqual([409, 'edit-running']);
  await api.database.pool.query("UPDATE ops_edits SET state = 'refused'");
  expect(await restore(path)).toEqual([409, 'edit-not-restorable']);
  await api.database.pool.query('UPDATE ops_edits SET original = NULL, edited = NULL');
  expect(await restore(path)).toEqual([410, 'edit-expired']);
  expect(await restore(`/ops/edits/${unknown}`)).toEqual([404, 'edit-not-found']);
  expect(await restore(`/ops/exports/${unknown}`)).toEqual([404, 'export-not-found']);
  await api.startReplica({ OPS_EXPORT_KEY: '' });
  expect(await restore(path, 1)).toEqual([503, 'export-key-missing']);
  expect((await api.transport.deadLetters.peek('orders')).letters).toMatchObject([{ id: 'm' }]);
});

it('needs the scopes to see a payload and to write', async () => {
  issuer = await TestIssuer.start();
  api = await OpsApi.start({ OPS_EXPORT_KEY, ...issuer.env });
  const restoreWith = async (list: string, scopes: string) => {
    const headers = { authorization: `Bearer ${await issuer?.token(scopes)}` };
    return typeOf(await api.post(`/ops/${list}/${unknown}/restore`, why, { headers }));
  };
  for (const list of ['edits', 'exports']) {
    expect(await restoreWith(list, 'ops:payload')).toEqual([403, 'scope-missing']);
    expect(await restoreWith(list, 'ops:write')).toEqual([403, 'scope-missing']);
    expect(await restoreWith(list, 'ops:payload ops:write')).toEqual([404, `${list.slice(0, -1)}-not-found`]);
  }
});
