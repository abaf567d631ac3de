import { afterEach, expect, it } from '@jest/globals';
import { poisoned } from '../../test/accepted-orders.js';
import { OpsApi } from '../../test/ops-api.js';
import { eventually } from '../../test/eventually.js';

let api: OpsApi;
afterEach(() => api.close());

const groupOf = async (queue: string) => (await api.get(`/ops/groups?queue=${queue}`)).body.items[0];

it('says which release failed, what was deployed about then, what alarmed, and how replays ended', async () => {
  api = await OpsApi.prepare({ SERVICE_VERSION: '2.0.0' });
  await api.startReplica();
  const { pool } = api.database;
  await api.transport.send(
    ['a', 'b'].map((id) => {
      const { type = '', body } = poisoned(id);
      return {
        to: { queue: 'order-status' },
        envelope: {
          ...{ id, type, version: 1, source: '/test', time: '2026-01-01T00:00:00.000Z', headers: {} },
          ...{ contentType: 'application/json', body: Buffer.from(JSON.stringify(body)) },
        },
      };
    }),
  );
  await api.indexed('order-status', 2);
  const group = await groupOf('order-status');
  // Another letter of the queue, of the release before.
  await pool.query(
    `INSERT INTO dead_letters (queue, place, position, group_id, message_id, type, version, reason, detail, enqueued_at,
       attempt, generation, size, consumer_version)
     VALUES ('order-status', '0', '0', 'f000000000000000', 'old', 't', 1, 'Old', '', now() - interval '1 day', 1, 0, 1, '1.9.9')`,
  );
  await pool.query(
    `INSERT INTO ops_markers (at, title, service, version, actor) VALUES
       (now() - interval '1 minute', 'deployed', 'order-api', '2.0.0', 'local'),
       (now() - interval '2 days', 'long ago', NULL, NULL, 'local')`,
  );
  await pool.query(
    `INSERT INTO ops_alerts (queue, kind, value, threshold, detail, since, recovered_at) VALUES
       ('order-status', 'backlog', 9, 1, '', now() - interval '1 minute', NULL),
       ('order-status', 'growth', 9, 1, '', now() - interval '3 days', now() - interval '2 days'),
       ('billing', 'backlog', 9, 1, '', now() - interval '1 minute', NULL)`,
  );
  const { body: selection } = await api.post('/ops/selections', { queue: 'order-status', filter: { group: group.id } });
  const made = await api.post('/ops/replays', { selectionId: selection.id, stages: ['rest'], note: 'try them' });
  await eventually(async () =>
    expect((await api.get(`/ops/replays/${made.body.id}`)).body).toMatchObject({ state: 'stopped' }),
  );
  await eventually(async () => {
    const { status, body } = await api.get(`/ops/groups/${group.id}/changes`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      group: group.id,
      versions: [{ version: '2.0.0', letters: expect.any(Number) }],
      versionBefore: { version: '1.9.9' },
      markers: [{ title: 'deployed', service: 'order-api', version: '2.0.0' }],
      replays: [{ id: made.body.id, state: 'stopped', note: 'try them', letters: 2, confirmed: 0, failedAgain: 2 }],
    });
    expect(body.markers[0]).not.toHaveProperty('actor');
    const kinds = (body.alerts as readonly { readonly kind: string }[]).map(({ kind }) => kind);
    // The monitor adds its own.
    expect(kinds.filter((kind) => ['backlog', 'growth'].includes(kind))).toEqual(['backlog']);
  });
});

it('knows no other group', async () => {
  api = await OpsApi.start();
  const { status, body } = await api.get('/ops/groups/0123456789abcdef/changes');
  expect([status, body.type]).toEqual([404, 'urn:orderflow:problem:group-not-found']);
});
