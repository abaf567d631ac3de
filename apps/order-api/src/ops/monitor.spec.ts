import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { deadLetter } from '../../test/dead-letter.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';
import { WebhookReceiver } from '../../test/webhook-receiver.js';

let api: OpsApi;
let receiver: WebhookReceiver;
let lines: { readonly msg: string; readonly alert?: { readonly kind: string; readonly queue: string } }[];

beforeEach(async () => {
  receiver = await WebhookReceiver.start();
  lines = [];
});
afterEach(async () => {
  await api.close();
  await receiver.close();
});

async function prepare(env: Readonly<Record<string, string>> = {}): Promise<void> {
  api = await OpsApi.prepare({ OPS_MONITOR_INTERVAL: '50', ...receiver.env, ...env });
  api.log = { write: (line) => void lines.push(JSON.parse(line)) };
}

/** What the log says of alerts. */
const reported = (kind: string) =>
  lines.filter(({ msg, alert }) => msg.startsWith('an alert ') && alert?.kind === kind).map(({ msg }) => msg);
const notices = (kind: string) => receiver.received.filter(({ body }) => body.data.kind === kind);
const alerts = async (query = '', replica = 0) => (await api.get(`/ops/alerts${query}`, { replica })).body.items;

/** The value of a metric with these labels, as one replica answers it. */
async function metric(name: string, labels: readonly string[], replica = 0): Promise<string | undefined> {
  const text = await (await fetch(`${api.replicas[replica]?.url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && labels.every((it) => one.includes(it)));
  return line?.split(' ').at(-1);
}

/** Waits until whoever leads has compared everything once more. */
async function anotherLook(): Promise<void> {
  const lastSeen = async () => {
    const { rows } = await api.database.pool.query('SELECT max(last_seen) AS at FROM ops_alerts');
    return Number(rows[0].at);
  };
  const before = await lastSeen();
  await eventually(async () => expect(await lastSeen()).toBeGreaterThan(before));
}

/** A server that takes requests and never answers them. */
async function listening() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

it('tells of dead letters above the threshold by log, webhook and metric, once each, and of their end', async () => {
  await prepare({ OPS_THRESHOLDS: '{"*":{"deadLetters":2,"backlog":null}}' });
  // The first takes no notice; the second leads once the first is gone.
  receiver.answers.push(500);
  await api.startReplica();
  await api.startReplica();
  const letters = ['a', 'b', 'c'].map((id) => ({ id }));
  await deadLetter(api.transport, 'orders', letters.slice(0, 2));
  await api.indexed('orders', 2);
  const labels = ['queue="orders"', 'kind="dead-letters"'];
  await eventually(async () => expect(await metric('orderflow_ops_dead_letters', labels.slice(0, 1))).toBe('2'));
  expect(await metric('orderflow_ops_alert', labels)).toBe('0');

  await deadLetter(api.transport, 'orders', letters.slice(2));
  await eventually(async () => expect(notices('dead-letters')).toHaveLength(2));
  const [refused, taken] = notices('dead-letters');
  expect(taken).toEqual(refused);
  expect(taken).toMatchObject({
    isGenuine: true,
    body: {
      type: 'alert.opened',
      data: { queue: 'orders', kind: 'dead-letters', value: 3, threshold: 2, detail: '3 dead letters.' },
    },
  });
  for (const replica of [0, 1]) expect(await metric('orderflow_ops_alert', labels, replica)).toBe('1');
  await eventually(async () =>
    expect(await alerts('?queue=orders', 1)).toMatchObject([{ state: 'open', notifiedAt: expect.any(String) }]),
  );

  await api.replicas[0]?.stop();
  api.replicas.shift();
  await anotherLook();
  await anotherLook();
  expect(notices('dead-letters')).toHaveLength(2);
  expect(reported('dead-letters')).toEqual(['an alert began']);

  await api.transport.deadLetters.discard('orders');
  await eventually(async () => expect(notices('dead-letters')).toHaveLength(3));
  expect(notices('dead-letters')[2]).toMatchObject({
    isGenuine: true,
    body: { type: 'alert.recovered', data: { id: taken?.body.data.id, recoveredAt: expect.any(String) } },
  });
  expect(await metric('orderflow_ops_alert', labels)).toBe('0');
  expect(reported('dead-letters')).toEqual(['an alert began', 'an alert ended']);
  expect(await alerts('?state=recovered&queue=orders')).toMatchObject([{ kind: 'dead-letters' }]);
}, 60_000);

it('finds that a consumer does not answer, and watches the others all the same', async () => {
  const [silent, gone] = [await listening(), await listening()];
  await gone.close();
  await prepare({ OPS_WORKERS: `orders=${gone.url},billing=${silent.url}` });
  await api.database.pool.query(
    `INSERT INTO messaging_pauses (queue, reason, since) VALUES ('order-status', 'ticket 7', now() - interval '1 hour')`,
  );
  await api.startReplica();
  await eventually(async () => {
    const found = (await alerts('?state=open')) as readonly { queue: string; kind: string; detail: string }[];
    expect(found.map(({ queue, kind }) => `${queue} ${kind}`).sort()).toEqual([
      'billing worker-silent',
      'order-status paused',
      'orders worker-silent',
    ]);
    expect(found.find(({ queue }) => queue === 'orders')?.detail).toMatch(/ECONNREFUSED/);
    expect(found.find(({ kind }) => kind === 'paused')?.detail).toMatch(/^Not consumed for 36\d\d s: .*ticket 7/);
  });
  await silent.close();
}, 60_000);

it('finds that nobody can look into the queues any more', async () => {
  await prepare();
  await api.startReplica();
  await eventually(async () => {
    const { items } = (await api.get('/ops/queues')).body;
    for (const { deadLetters } of items) expect(deadLetters.indexedTo).not.toBeNull();
  });
  await api.transport.close();
  await api.broker.close();
  await api.database.pool.query("UPDATE dead_letter_queues SET indexed_at = now() - interval '2 minutes'");
  await api.database.pool.query('DELETE FROM queue_counts');
  await eventually(async () => {
    const kinds = (await alerts('?state=open')).map(({ kind }: { kind: string }) => kind);
    expect(kinds.filter((kind: string) => kind === 'unwatched')).toHaveLength(7);
  });
  // Better none than an old one.
  expect(await metric('orderflow_ops_dead_letters', ['queue="orders"'])).toBeUndefined();
}, 60_000);

it('pages alerts, mutes one, and says everything that is wrong with a request', async () => {
  await prepare({ OPS_THRESHOLDS: '{"*":{"backlog":null}}' });
  await api.startReplica();
  for (const queue of ['orders', 'billing', 'analytics']) await api.deadLetter(queue, [{ id: queue }]);
  await eventually(async () => expect(await alerts()).toHaveLength(3));
  const first = (await api.get('/ops/alerts?limit=2')).body;
  const second = (await api.get(`/ops/alerts?limit=2&cursor=${first.nextCursor}`)).body;
  const ids = [...first.items, ...second.items].map(({ id }: { id: string }) => id);
  expect([new Set(ids).size, second.nextCursor]).toEqual([3, undefined]);

  const until = new Date(Date.now() + 3_600_000).toISOString();
  const muted = await api.post(`/ops/alerts/${ids[0]}/mute`, { until, note: 'ticket 7' });
  expect([muted.status, muted.body.mutedUntil]).toEqual([200, until]);
  const audit = (await api.get(`/ops/audit?subject=alerts/${ids[0]}`)).body.items;
  expect(audit).toMatchObject([
    { phase: 'done', note: 'ticket 7' },
    { phase: 'begun', details: { until } },
  ]);
  expect((await api.post(`/ops/alerts/${ids[0]}/mute`, { until: null, note: 'over' })).body.mutedUntil).toBeUndefined();

  const nobody = await api.post('/ops/alerts/00000000-0000-4000-8000-000000000000/mute', { until, note: 'x' });
  expect([nobody.status, nobody.body.type]).toEqual([404, 'urn:orderflow:problem:alert-not-found']);
  const wrong = await api.post(`/ops/alerts/${ids[0]}/mute`, { until: '2020-01-01T00:00:00Z', colour: 'red' });
  expect(wrong.status).toBe(400);
  expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '#/colour',
    '#/note',
    '#/until',
  ]);
  const query = await api.get('/ops/alerts?state=shut&limit=0&cursor=x&colour=red');
  expect(query.body.errors.map(({ parameter }: { parameter: string }) => parameter).sort()).toEqual([
    'colour',
    'cursor',
    'limit',
    'state',
  ]);
  expect((await api.get('/ops/alerts?queue=nowhere')).status).toBe(404);
}, 60_000);
