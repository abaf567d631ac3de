import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TestIssuer } from '@orderflow/service-kit/testing';
import type { Pool } from 'pg';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';
import { TestWorker } from '../../test/test-worker.js';

let api: OpsApi;
let worker: TestWorker;

beforeAll(async () => {
  api = await OpsApi.prepare();
  worker = await TestWorker.start(api.broker.connectionString);
  await api.startReplica({ OPS_WORKERS: `billing=${worker.url},orders=http://127.0.0.1:1` });
});
beforeEach(async () => {
  for (const { pool } of [api.database, worker.database]) await pool.query('DELETE FROM outbox_dead');
});
afterAll(async () => {
  await api.close();
  await worker.stop();
  await worker.close();
});

/** A message that the broker refused once, in bucket 3, with the number as its id in the outbox. */
async function setAside({ pool }: { readonly pool: Pool }, ...numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    await pool.query(
      `INSERT INTO outbox_dead (id, bucket, destination_kind, destination, message_id, ordering_key, type, version,
         source, time, content_type, headers, body, created_at, reason)
       VALUES ($1, 3, 'queue', 'lab', $2, 'o-1', 'order.place', 1, '/spec', '2026-01-01T00:00:00.000Z',
         'application/json', '{}', '{}', now(), 'Too large.')`,
      [number, `m-${number}`],
    );
  }
}

const setAsideOf = async (app: string) => {
  const { body } = await api.get(`/ops/outbox/${app}`);
  return body.setAside.items.map(({ id }: { id: string }) => id);
};

describe('GET /ops/outbox', () => {
  it('lists the outbox of each app, also when one does not answer', async () => {
    await setAside(worker.database, 1, 2);
    const { status, body } = await api.get('/ops/outbox');
    const none = { waiting: { messages: 0, isEstimate: false, oldestAgeMs: 0 }, held: { keys: 0, messages: 0 } };
    expect(status).toBe(200);
    expect(body.items).toEqual([
      { app: 'order-api', outbox: { ...none, setAside: { total: 0 } } },
      { app: 'billing-worker', outbox: { ...none, setAside: { total: 2 } } },
      { app: 'order-worker', outbox: null, trouble: expect.stringContaining('no answer from') },
    ]);
  });

  it('pages through what was set aside, of this service as of a worker', async () => {
    for (const [app, database] of [
      ['order-api', api.database],
      ['billing-worker', worker.database],
    ] as const) {
      await setAside(database, 1, 2, 3);
      const { body: first } = await api.get(`/ops/outbox/${app}?limit=2`);
      expect(first).toMatchObject({
        app,
        setAside: {
          total: 3,
          items: [
            { id: '3-1', messageId: 'm-1', orderingKey: 'o-1', to: 'queue lab', reason: 'Too large.', bytes: 2 },
            {},
          ],
        },
      });
      const { body: second } = await api.get(`/ops/outbox/${app}?cursor=${first.setAside.nextCursor}`);
      expect(second.setAside.items.map(({ id }: { id: string }) => id)).toEqual(['3-3']);
      expect(second.setAside.nextCursor).toBeUndefined();
    }
  });

  it('knows no other app, and answers 503 for one that is away', async () => {
    for (const [app, status, code] of [
      ['payment-gateway', 404, 'app-not-found'],
      ['order-worker', 503, 'worker-unavailable'],
    ] as const) {
      const { body, headers, ...answer } = await api.get(`/ops/outbox/${app}`);
      expect([answer.status, body.type]).toEqual([status, `urn:orderflow:problem:${code}`]);
      expect(headers.get('retry-after')).toBe(status === 503 ? '5' : null);
    }
    const { status, body } = await api.get('/ops/outbox/order-api?limit=0&cursor=x&colour=red');
    expect([status, body.errors.length]).toEqual([400, 3]);
  });
});

describe('POST /ops/outbox/{app}/…', () => {
  it.each(['order-api', 'billing-worker'])('resends and drops what was set aside by %s', async (app) => {
    const database = app === 'order-api' ? api.database : worker.database;
    await setAside(database, 1, 2, 3);
    const resent = await api.post(`/ops/outbox/${app}/resend`, { ids: ['3-2', '3-9'], note: 'it is smaller now' });
    expect([resent.status, resent.body]).toEqual([200, { app, messages: 1 }]);
    const dropped = await api.post(`/ops/outbox/${app}/drop`, { ids: ['3-1'], note: 'nobody needs it' });
    expect([dropped.status, dropped.body]).toEqual([200, { app, messages: 1 }]);
    expect(await setAsideOf(app)).toEqual(['3-3']);
    await eventually(async () => expect((await database.pool.query('SELECT FROM outbox')).rowCount).toBe(0));
    const { items } = (await api.get(`/ops/audit?subject=outbox/${app}`)).body;
    expect(items.map(({ action, phase, details }: Record<string, unknown>) => [action, phase, details])).toEqual([
      ['outbox.drop', 'done', { messages: 1 }],
      ['outbox.drop', 'begun', { ids: ['3-1'] }],
      ['outbox.resend', 'done', { messages: 1 }],
      ['outbox.resend', 'begun', { ids: ['3-2', '3-9'] }],
    ]);
  });

  it('refuses what names nothing or says no reason, and asks nobody', async () => {
    const { status, body } = await api.post('/ops/outbox/order-worker/resend', { ids: ['x'] });
    expect([status, body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()]).toEqual([
      400,
      ['#/ids/0', '#/note'],
    ]);
  });
});

describe('of a worker that asks for tokens', () => {
  let issuer: TestIssuer;
  let guarded: TestWorker;
  beforeAll(async () => {
    issuer = await TestIssuer.start();
    guarded = await TestWorker.start(api.broker.connectionString, issuer.env);
  });
  afterAll(async () => {
    await guarded.stop();
    await guarded.close();
    await issuer.stop();
  });

  const askOf = async (path: string, env: Readonly<Record<string, string>>, body?: object) => {
    const replica = await api.startReplica({ OPS_WORKERS: `billing=${guarded.url}`, ...env });
    const answer = await fetch(replica.url + path, {
      ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return {
      status: answer.status,
      body: (await answer.json()) as { readonly detail?: string; readonly app?: string },
    };
  };

  it('nothing is known without one, and the answer says so', async () => {
    const { status, body } = await askOf('/ops/outbox/billing-worker', {});
    expect([status, body.detail]).toEqual([503, expect.stringContaining('does not let this service ask (401)')]);
  });

  it('is asked with a token, which allows what its scopes do', async () => {
    const access_token = await issuer.token('ops:read ops:write');
    const tokens = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ access_token, expires_in: 60 }));
    });
    await once(tokens.listen(0, '127.0.0.1'), 'listening');
    const env = {
      AUTH_TOKEN_URL: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`,
      AUTH_CLIENT_ID: 'ops',
      AUTH_CLIENT_SECRET: 'secret',
    };
    expect(await askOf('/ops/outbox/billing-worker', env)).toMatchObject({
      status: 200,
      body: { app: 'billing-worker' },
    });
    const request = { ids: ['3-1'], note: 'ticket 7' };
    expect((await askOf('/ops/outbox/billing-worker/resend', env, request)).status).toBe(200);
    const dropped = await askOf('/ops/outbox/billing-worker/drop', env, request);
    expect([dropped.status, dropped.body.detail]).toEqual([503, expect.stringContaining('(403)')]);
    tokens.close();
    await once(tokens, 'close');
  });
});
