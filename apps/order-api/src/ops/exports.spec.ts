import { randomBytes } from 'node:crypto';
import { afterEach, expect, it } from '@jest/globals';
import { deadLetter } from '../../test/dead-letter.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';

const OPS_EXPORT_KEY = randomBytes(32).toString('base64');
let api: OpsApi;
afterEach(() => api.close());

const select = async (filter: object = {}) => (await api.post('/ops/selections', { queue: 'orders', filter })).body;

/** An export of everything in queue `orders` that has ended. */
async function exported(count: number): Promise<string> {
  const made = await api.post('/ops/exports', { selectionId: (await select()).id, note: 'for the sender' });
  expect([made.status, made.headers.get('location')]).toEqual([202, `/ops/exports/${made.body.id}`]);
  const path = `/ops/exports/${made.body.id}`;
  await eventually(async () =>
    expect((await api.get(path)).body).toMatchObject({ state: 'done', letters: count, exported: count, missing: 0 }),
  );
  return path;
}

/** What a download has, as text, with what its headers say. */
async function download(method: string, path: string, body?: object) {
  const answer = await fetch(`${api.replicas[0]?.url}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly n: number; readonly message: { readonly body: unknown } });
  return { answer, lines };
}

it('copies letters, leaves them where they are, and gives them out without what is about a person', async () => {
  api = await OpsApi.start({ OPS_EXPORT_KEY });
  const letters = Array.from({ length: 120 }, (_, n) => ({ id: `m-${n}`, body: { customerId: 'ada', n } }));
  await api.deadLetter('orders', letters);
  const path = await exported(120);
  expect(await api.present('orders')).toBe(120);
  expect((await api.transport.deadLetters.peek('orders', { limit: 250 })).letters).toHaveLength(120);

  const { answer, lines } = await download('GET', `${path}/letters`);
  expect(answer.headers.get('content-type')).toMatch('application/x-ndjson');
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="export-[0-9a-f-]{36}-120.ndjson"$/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(lines.map(({ n }) => n)).toEqual(letters.map((_, n) => n + 1));
  expect(lines[7]).toMatchObject({
    reason: 'Refused',
    message: { id: 'm-7', type: 'order.place', body: { customerId: '[redacted]', n: 7 }, redacted: true },
  });
  expect((await api.post(`${path}/reveal`, {})).status).toBe(400);
  const whole = await download('POST', `${path}/reveal`, { note: 'ticket 7' });
  expect(whole.lines[7]?.message.body).toEqual({ customerId: 'ada', n: 7 });
  const { items } = (await api.get(`/ops/audit?subject=${path.slice('/ops/'.length)}`)).body;
  expect(items.map(({ action, phase }: Record<string, string>) => `${action} ${phase}`)).toEqual([
    ...['export.reveal done', 'export.reveal begun', 'export.download done', 'export.download begun'],
  ]);
  const { rows } = await api.database.pool.query<{ copy: Buffer }>('SELECT copy FROM ops_export_letters');
  expect(rows.every(({ copy }) => !copy.includes('ada'))).toBe(true);
});

it('is one export of a repeated request, and has what is still there', async () => {
  api = await OpsApi.prepare({ OPS_EXPORT_KEY });
  await deadLetter(api.transport, 'orders', [{ id: 'a' }, { id: 'b' }]);
  await api.startReplica();
  await api.indexed('orders', 2);
  const { id: selectionId } = await select();
  await api.transport.deadLetters.discard('orders', { filter: ({ id }) => id === 'a' });
  const request = { selectionId, note: 'go' };
  const [one, two] = await Promise.all([api.post('/ops/exports', request), api.post('/ops/exports', request)]);
  expect(one.body.id).toBe(two.body.id);
  const path = `/ops/exports/${one.body.id}`;
  await eventually(async () =>
    expect((await api.get(path)).body).toMatchObject({ state: 'done', exported: 1, missing: 1 }),
  );
  expect((await download('GET', `${path}/letters`)).lines).toMatchObject([{ n: 2, message: { id: 'b' } }]);
  expect((await api.get('/ops/exports')).body.items).toHaveLength(1);
});

it('refuses what cannot be exported, and everything where there is no key', async () => {
  api = await OpsApi.start({ OPS_EXPORT_KEY });
  const unknown = '0b2c4d5e-1111-4222-8333-444455556666';
  const problem = async (selectionId: string, replica = 0) => {
    const { status, body } = await api.post('/ops/exports', { selectionId, note: 'go' }, { replica });
    return [status, body.type.replace('urn:orderflow:problem:', '')];
  };
  expect(await problem(unknown)).toEqual([404, 'selection-not-found']);
  expect(await problem((await select()).id)).toEqual([422, 'selection-empty']);
  expect((await api.get(`/ops/exports/${unknown}`)).status).toBe(404);
  expect((await api.get(`/ops/exports/${unknown}/letters`)).status).toBe(404);
  await api.startReplica({ OPS_EXPORT_KEY: '' });
  expect(await problem(unknown, 1)).toEqual([503, 'export-key-missing']);
});
