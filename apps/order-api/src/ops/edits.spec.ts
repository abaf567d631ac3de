import { randomBytes } from 'node:crypto';
import { afterEach, expect, it } from '@jest/globals';
import { receive } from '@orderflow/messaging/testing';
import { TestIssuer } from '@orderflow/service-kit/testing';
import { deadLetter } from '../../test/dead-letter.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';

const OPS_EXPORT_KEY = randomBytes(32).toString('base64');
const order = {
  orderId: 'o-1',
  customerId: 'ada',
  currency: 'EUR',
  lines: [{ sku: 'tea', quantity: 1, unitPrice: 450 }],
  total: 450,
  createdAt: '2026-01-01T00:00:00.000Z',
};
const broken = { ...order, currency: 'euro' };

let api: OpsApi | undefined;
let issuer: TestIssuer | undefined;
afterEach(async () => {
  await api?.close();
  await issuer?.stop();
  api = undefined;
  issuer = undefined;
});

const typeOf = ({ status, body }: { status: number; body: { type: string } }) => [
  status,
  body.type.replace('urn:orderflow:problem:', ''),
];

/** The ops API over one letter of queue `orders`, and its path. */
async function startWith(letter: object, env: Readonly<Record<string, string>> = { OPS_EXPORT_KEY }) {
  api = await OpsApi.start(env);
  await api.deadLetter('orders', [{ id: 'm', reason: 'InvalidPayload', body: broken, orderingKey: 'o-1', ...letter }]);
  const [{ place }] = (await api.get('/ops/queues/orders/dead-letters')).body.items;
  return { ops: api, path: `/ops/queues/orders/dead-letters/${place}` };
}

it('sends the mended message in place of the letter, once, linked to it, and keeps the original', async () => {
  const { ops, path } = await startWith({});
  const request = { body: order, properties: { hint: 'mended', traceparent2: null }, note: 'the currency was wrong' };
  const made = await ops.post(`${path}/edit`, request);
  expect([made.status, made.headers.get('location')]).toEqual([202, `/ops/edits/${made.body.id}`]);
  expect(made.body).toMatchObject({ messageId: 'm', target: 'orders', properties: ['hint'], createdBy: 'local' });
  const edit = `/ops/edits/${made.body.id}`;
  await eventually(async () => expect((await ops.get(edit)).body.state).toBe('sent'));
  expect((await ops.post(`${path}/edit`, request)).body.id).toBe(made.body.id);
  expect(typeOf(await ops.post(`${path}/edit`, { ...request, note: 'again' }))).toEqual([404, 'dead-letter-not-found']);

  const work = await receive(ops.transport, 'orders');
  const { envelope } = await work.complete();
  expect(envelope).toMatchObject({ id: made.body.newMessageId, type: 'order.place', version: 1, orderingKey: 'o-1' });
  expect(envelope.headers).toEqual({ traceparent: expect.any(String), hint: 'mended', 'edited-from': 'm' });
  expect(JSON.parse(Buffer.from(envelope.body).toString())).toEqual(order);
  await work.subscription.stop();
  expect((await ops.transport.deadLetters.peek('orders')).letters).toEqual([]);
  expect((await ops.get(path)).body.gone).toMatchObject({ outcome: 'edited', by: made.body.id });

  const { rows } = await ops.database.pool.query<{ kept: Buffer }>('SELECT original || edited AS kept FROM ops_edits');
  expect(rows[0]?.kept.includes('ada')).toBe(false);
  expect((await ops.get(edit)).body).not.toHaveProperty('original');
  expect((await ops.post(`${edit}/reveal`, {})).status).toBe(400);
  const shown = await ops.post(`${edit}/reveal`, { note: 'ticket 7' });
  expect(shown.headers.get('cache-control')).toBe('no-store');
  expect(shown.body).toMatchObject({ original: { id: 'm', body: broken }, edited: { body: order } });
  const audit = (await ops.get(`/ops/audit?subject=${path.slice('/ops/'.length)}`)).body.items;
  expect(audit.map(({ action, phase }: Record<string, string>) => `${action} ${phase}`)).toEqual([
    ...['edit.create failed', 'edit.create begun', 'edit.create done', 'edit.create begun'],
    ...['edit.create done', 'edit.create begun'],
  ]);
  expect(JSON.stringify(audit)).not.toContain('ada');
});

it('refuses a body that is not what its contract says, and everything else that is wrong, all at once', async () => {
  const { ops, path } = await startWith({});
  const wrong = await ops.post(`${path}/edit`, {
    body: { ...order, currency: 'euro', lines: [{ sku: 'tea', quantity: 1.5, unitPrice: 450 }] },
    note: 'go',
  });
  expect(typeOf(wrong)).toEqual([422, 'edit-invalid']);
  expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(
    expect.arrayContaining(['#/body/currency', '#/body/lines/0/quantity']),
  );
  const bad = await ops.post(`${path}/edit`, {
    body: order,
    properties: { cloudEvents_id: 'x', ok: 7 },
    colour: 'red',
  });
  expect(bad.status).toBe(400);
  expect(bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '#/colour',
    '#/note',
    ...['#/properties/cloudEvents_id', '#/properties/ok'],
  ]);
  expect(typeOf(await ops.post('/ops/queues/orders/dead-letters/999/edit', { body: order, note: 'go' }))).toEqual([
    404,
    'dead-letter-not-found',
  ]);
  expect((await ops.transport.deadLetters.peek('orders')).letters).toHaveLength(1);
});

it('edits nothing that no contract describes, and nothing where there is no key for the original', async () => {
  const { ops, path } = await startWith({ type: 'order.unheard-of' });
  expect(typeOf(await ops.post(`${path}/edit`, { body: order, note: 'go' }))).toEqual([422, 'edit-without-contract']);
  await ops.startReplica({ OPS_EXPORT_KEY: '' });
  const keyless = await ops.post(`${path}/edit`, { body: order, note: 'go' }, { replica: 1 });
  expect(typeOf(keyless)).toEqual([503, 'export-key-missing']);
});

it('has a letter to itself: no replay and no discard of it meanwhile, and no edit of what one of them has', async () => {
  const { ops, path } = await startWith({});
  await ops.replicas[0]?.stop();
  ops.replicas.length = 0;
  // Nobody leads, so that nothing ends.
  await ops.database.pool.query(
    "INSERT INTO ops_leases (name, holder, leased_until) VALUES ('ops', 'another', now() + interval '1 hour')",
  );
  await ops.startReplica();
  const select = async () => (await ops.post('/ops/selections', { queue: 'orders' })).body.id as string;
  const edit = (note: string) => ops.post(`${path}/edit`, { body: order, note });
  const first = await edit('go');
  expect(first.status).toBe(202);
  expect((await edit('go')).body.id).toBe(first.body.id);
  expect(typeOf(await edit('another'))).toEqual([409, 'edit-overlaps']);
  expect(typeOf(await ops.post('/ops/replays', { selectionId: await select(), note: 'go' }))).toEqual([
    409,
    'replay-overlaps',
  ]);
  expect(typeOf(await ops.post('/ops/discards', { selectionId: await select(), confirm: 1, note: 'go' }))).toEqual([
    409,
    'discard-overlaps',
  ]);
  await ops.database.pool.query("UPDATE ops_edits SET state = 'refused'");
  expect((await ops.post('/ops/replays', { selectionId: await select(), note: 'go' })).status).toBe(202);
  expect(typeOf(await edit('third'))).toEqual([409, 'edit-overlaps']);
});

it('needs the scopes to see a payload and to write', async () => {
  issuer = await TestIssuer.start();
  const ops = await OpsApi.prepare({ OPS_EXPORT_KEY, ...issuer.env });
  api = ops;
  await deadLetter(ops.transport, 'orders', [{ id: 'm', body: broken }]);
  await ops.startReplica();
  const [letter] = (await ops.transport.deadLetters.peek('orders')).letters;
  const editWith = async (scopes: string) => {
    const headers = { authorization: `Bearer ${await issuer?.token(scopes)}` };
    return ops.post(`/ops/queues/orders/dead-letters/${letter?.place}/edit`, { body: order, note: 'go' }, { headers });
  };
  for (const scope of ['ops:payload', 'ops:write']) {
    const refused = await editWith(scope);
    expect(typeOf(refused)).toEqual([403, 'scope-missing']);
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope');
  }
  await eventually(async () => expect((await editWith('ops:payload ops:write')).status).toBe(202));
});
