import { randomBytes } from 'node:crypto';
import { afterEach, expect, it } from '@jest/globals';
import { receive } from '@orderflow/messaging/testing';
import { deadLetter } from '../../test/dead-letter.js';
import { OpsApi } from '../../test/ops-api.js';
import { eventually } from '../../test/eventually.js';
import { openOrderDatabase } from '../../test/order-database.js';
import { startOrderBroker, transportTo } from '../../test/order-broker.js';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { DiscardRunner } from './discards/discard-runner.js';
import { LetterCipher } from './copies/letter-cipher.js';

const key = randomBytes(32).toString('base64');
let api: OpsApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

const typeOf = ({ status, body }: { status: number; body: { type: string } }) => [
  status,
  body.type.replace('urn:orderflow:problem:', ''),
];

it('discards what was counted, keeps a copy that nobody can read, and restores it', async () => {
  api = await OpsApi.start({ OPS_EXPORT_KEY: key });
  const ops = api;
  const ids = ['a', 'b', 'c'];
  await ops.deadLetter(
    'orders',
    [...ids, 'stays'].map((id) => ({ id, body: { customerId: 'ada', id }, orderingKey: id })),
  );
  const [stays] = (await ops.get('/ops/queues/orders/dead-letters?messageId=stays')).body.items;
  const { body: selection } = await ops.post('/ops/selections', {
    queue: 'orders',
    filter: { to: '2099-01-01T00:00:00Z' },
  });
  expect(selection.count).toBe(4);
  const request = { selectionId: selection.id, note: 'nobody needs them' };
  const wrong = await ops.post('/ops/discards', { ...request, confirm: 3 });
  expect(typeOf(wrong)).toEqual([422, 'confirm-mismatch']);
  expect(await ops.present('orders')).toBe(4);

  const made = await ops.post('/ops/discards', { ...request, confirm: 4 });
  expect([made.status, made.headers.get('location')]).toEqual([202, `/ops/discards/${made.body.id}`]);
  expect((await ops.post('/ops/discards', { ...request, confirm: 4 })).body.id).toBe(made.body.id);
  const path = `/ops/discards/${made.body.id}`;
  await eventually(async () =>
    expect((await ops.get(path)).body).toMatchObject({ state: 'done', letters: 4, discarded: 4, missing: 0 }),
  );
  expect((await ops.transport.deadLetters.peek('orders')).letters).toEqual([]);
  const letter = (await ops.get(`/ops/queues/orders/dead-letters/${stays.place}`)).body;
  expect(letter.gone).toMatchObject({ outcome: 'discarded', by: made.body.id });
  const { rows } = await ops.database.pool.query<{ copy: Buffer }>('SELECT copy FROM ops_discard_letters ORDER BY n');
  expect(rows.every(({ copy }) => copy.byteLength > 100 && !copy.includes('ada') && !copy.includes('orders'))).toBe(
    true,
  );

  const work = await receive(ops.transport, 'orders');
  expect((await ops.post(`${path}/restore`, {})).status).toBe(400);
  expect((await ops.post(`${path}/restore`, { note: 'somebody does' })).body).toMatchObject({
    restored: 4,
    discarded: 0,
  });
  expect((await ops.post(`${path}/restore`, { note: 'again' })).body).toMatchObject({ restored: 4 });
  const found = [await work.complete(), await work.complete(), await work.complete(), await work.complete()];
  expect(found.map(({ envelope }) => envelope.id)).toEqual([...ids, 'stays']);
  expect(JSON.parse(Buffer.from(found[0]?.envelope.body ?? []).toString())).toEqual({ customerId: 'ada', id: 'a' });
  expect(found[0]?.envelope.headers).toMatchObject({ traceparent: expect.any(String) });
  await work.subscription.stop();
  const { items } = (await ops.get('/ops/audit?limit=3')).body;
  expect(items[0]).toMatchObject({ action: 'discard.restore', phase: 'done', details: { letters: 0 } });
});

it('refuses what a replay has, what has not ended, and everything where there is no key', async () => {
  api = await OpsApi.start();
  const ops = api;
  await ops.deadLetter('orders', [{ id: 'a' }, { id: 'b' }]);
  const select = async () => (await ops.post('/ops/selections', { queue: 'orders' })).body.id as string;
  const discard = async (selectionId: string, replica = 0) =>
    ops.post('/ops/discards', { selectionId, confirm: 2, note: 'go' }, { replica });
  expect(typeOf(await discard(await select()))).toEqual([503, 'export-key-missing']);
  await ops.startReplica({ OPS_EXPORT_KEY: key });
  await ops.post('/ops/replays', { selectionId: await select(), stages: [1, 'rest'], confirmWithin: 600, note: 'go' });
  expect(typeOf(await discard(await select(), 1))).toEqual([409, 'discard-overlaps']);
  const unknown = '0b2c4d5e-1111-4222-8333-444455556666';
  expect(typeOf(await discard(unknown, 1))).toEqual([404, 'selection-not-found']);
  expect(typeOf(await ops.post(`/ops/discards/${unknown}/restore`, { note: 'go' }, { replica: 1 }))).toEqual([
    404,
    'discard-not-found',
  ]);
});

it('removes no letter before its copy is committed, and goes on after its process died', async () => {
  const database = await openOrderDatabase();
  const broker = await startOrderBroker();
  const transport = transportTo(broker);
  const { pool } = database;
  await deadLetter(transport, 'orders', [{ id: 'a' }, { id: 'b' }]);
  const { letters } = await transport.deadLetters.peek('orders');
  const id = '0b2c4d5e-1111-4222-8333-444455556666';
  await pool.query(
    `INSERT INTO ops_discards (id, selection_id, queue, target, state, letters, note, created_by)
     VALUES ($1, $1, 'orders', 'orders', 'running', 2, 'go', 'local')`,
    [id],
  );
  await pool.query(
    `INSERT INTO ops_discard_letters (discard_id, n, queue, place, message_id, generation, state)
     SELECT $1, n, 'orders', place, id, 0, 'waiting' FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS l (place, id, n)`,
    [id, letters.map(({ place }) => place), letters.map((letter) => letter.id)],
  );
  const states = async () =>
    (await pool.query('SELECT state || (copy IS NOT NULL)::text AS s FROM ops_discard_letters ORDER BY n')).rows.map(
      ({ s }) => s as string,
    );
  const killed = () => Promise.reject(new Error('killed'));
  const { signal } = new AbortController();
  const step = async (parts: object) => {
    const messaging = createPostgresMessaging({ pool });
    const cipher = new LetterCipher(Buffer.from(key, 'base64'));
    const usual = { pool, messaging, deadLetters: transport.deadLetters, cipher, onError: () => {} };
    await new DiscardRunner({ ...usual, ...parts }).step(signal);
  };
  const { deadLetters } = transport;
  await step({ deadLetters: { read: deadLetters.read.bind(deadLetters), discard: killed } });
  expect(await states()).toEqual(['exportedtrue', 'exportedtrue']);
  expect((await deadLetters.peek('orders')).letters).toHaveLength(2);
  await step({ messaging: { transaction: killed } });
  expect((await deadLetters.peek('orders')).letters).toHaveLength(0);
  expect(await states()).toEqual(['exportedtrue', 'exportedtrue']);
  await step({});
  await step({});
  expect(await states()).toEqual(['discardedtrue', 'discardedtrue']);
  expect((await pool.query('SELECT state FROM ops_discards')).rows).toEqual([{ state: 'done' }]);
  await transport.close();
  await broker.close();
  await database.close();
});

it('opens no copy of another letter, with another key, or one that was changed', () => {
  const cipher = new LetterCipher(Buffer.alloc(32, 1));
  const attributes = {
    id: 'm',
    type: 't',
    version: 1,
    source: '/s',
    time: 'now',
    contentType: 'c',
    headers: { a: 'b' },
  };
  const envelope = { ...attributes, orderingKey: 'k', body: Uint8Array.of(0, 255, 7) };
  const copy = cipher.encrypt(envelope, 'one');
  expect(cipher.decrypt(copy, 'one')).toEqual({ ...envelope, body: Buffer.from(envelope.body) });
  expect(cipher.encrypt(envelope, 'one').equals(copy)).toBe(false);
  const changed = Buffer.from(copy);
  changed[20] = (changed[20] ?? 0) ^ 1;
  for (const open of [
    () => cipher.decrypt(copy, 'two'),
    () => cipher.decrypt(changed, 'one'),
    () => new LetterCipher(Buffer.alloc(32, 2)).decrypt(copy, 'one'),
  ]) {
    expect(open).toThrow();
  }
  expect(() => new LetterCipher(Buffer.alloc(16))).toThrow('32 bytes');
});
