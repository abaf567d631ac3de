import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { EventClient } from '../../test/event-client.js';
import { eventually } from '../../test/eventually.js';
import { OpsApi } from '../../test/ops-api.js';

let api: OpsApi;
const clients: EventClient[] = [];

beforeAll(async () => {
  api = await OpsApi.start({ OPS_MONITOR_INTERVAL: '50', OPS_THRESHOLDS: '{"*":{"backlog":null}}' });
  await api.startReplica();
  // What is seen for the first time is news as well.
  await eventually(async () => {
    const { items } = (await api.get('/ops/queues')).body;
    expect(items.every(({ counts }: { readonly counts: object | null }) => counts !== null)).toBe(true);
  });
});
afterEach(() => Promise.all(clients.splice(0).map(end)));
afterAll(() => api.close());

async function open(query = '', { replica = 0, headers = {} } = {}): Promise<EventClient> {
  const client = await EventClient.open(`${api.replicas[replica]?.url}/ops/events${query}`, headers);
  clients.push(client);
  await client.find('hello');
  return client;
}
const end = async (client: EventClient): Promise<void> => {
  client.close();
  await eventually(async () => expect(client.isEnded).toBe(true));
};
const mark = async (title: string) => (await api.post('/ops/markers', { title })).body;
const hasOneLetter = (queue: { readonly name: string; readonly deadLetters: { readonly indexed: number } }) =>
  queue.name === 'orders' && queue.deadLetters.indexed === 1;

it('tells every replica what changes, and only what was asked for', async () => {
  const [all, other, few] = [await open(), await open('', { replica: 1 }), await open('?topics=marker')];
  expect(all.headers['content-type']).toMatch(/^text\/event-stream/);
  expect(all.headers['cache-control']).toBe('no-store');
  await api.deadLetter('orders', [{ id: 'a' }]);
  const marker = await mark('release 7');
  for (const client of [all, other]) {
    await client.find('queues', ({ items }) => items.some(hasOneLetter));
    expect((await client.find('groups')).data.items).toMatchObject([{ queue: 'orders', present: 1 }]);
    await client.find('alert', ({ kind, queue }) => kind === 'dead-letters' && queue === 'orders');
    expect((await client.find('marker')).data).toEqual(marker);
    await client.find('audit', ({ action, phase }) => action === 'marker.create' && phase === 'done');
    // What did not change is not told.
    expect(
      client.named('queues').flatMap(({ data }) => data.items.map(({ name }: { name: string }) => name)),
    ).not.toContain('events/subscriptions/billing');
  }
  expect((await few.find('marker')).data).toEqual(marker);
  expect(new Set(few.events.map(({ name }) => name))).toEqual(new Set(['hello', 'marker']));

  const selection = (await api.post('/ops/selections', { queue: 'orders' })).body;
  const replay = (await api.post('/ops/replays', { selectionId: selection.id, note: 'go' })).body;
  await all.find('replay', ({ id }) => id === replay.id);
}, 60_000);

it('goes on after a break where it ended, and says when it cannot', async () => {
  const first = await open('?topics=marker');
  await mark('one');
  const { id } = await first.find('marker', ({ title }) => title === 'one');
  await mark('two');
  await mark('three');
  await first.find('marker', ({ title }) => title === 'three');
  await end(first);
  const again = await open('?topics=marker', { headers: { 'last-event-id': id } });
  expect((await again.find('marker')).data.title).toBe('two');
  await again.find('marker', ({ title }) => title === 'three');
  expect(again.named('resync')).toEqual([]);
  for (const [replica, lastId] of [
    [1, id],
    [0, 'ffffffff-1'],
    [0, 'nonsense'],
  ] as const) {
    const lost = await open('?topics=marker', { replica, headers: { 'last-event-id': lastId } });
    await lost.find('resync');
  }
}, 60_000);

it('opens four streams for one caller, and one more when one ends', async () => {
  // That a client has gone is known a moment later.
  const four: EventClient[] = [];
  while (four.length < 4) await eventually(async () => void four.push(await open()));
  await expect(open()).rejects.toThrow(/^429 .*too-many-streams/);
  await Promise.all(four.slice(0, 1).map(end));
  await eventually(async () => void (await open()));
}, 60_000);

it('refuses topics that there are not, and HEAD', async () => {
  const { status, body } = await api.get('/ops/events?topics=queues,colours&x=1');
  expect(status).toBe(400);
  expect(body.errors.map(({ parameter }: { parameter: string }) => parameter).sort()).toEqual(['topics', 'x']);
  expect((await fetch(`${api.replicas[0]?.url}/ops/events`, { method: 'HEAD' })).status).toBe(405);
});

it('ends its streams when the replica does, and holds it up no longer', async () => {
  const replica = await api.startReplica();
  const client = await open('', { replica: 2 });
  await replica.stop();
  await eventually(async () => expect(client.isEnded).toBe(true));
}, 60_000);

it('lists markers by page, time and service, and refuses what is none', async () => {
  const at = (minute: number) => `2025-01-01T00:0${minute}:00.000Z`;
  for (const minute of [1, 2, 3]) {
    const marker = { title: `release ${minute}`, service: 'billing-worker', version: `1.${minute}`, at: at(minute) };
    const { status, body } = await api.post('/ops/markers', marker);
    expect([status, body]).toEqual([201, { ...marker, id: expect.any(String), actor: 'local' }]);
  }
  const titles = async (query: string) => {
    const { body } = await api.get(`/ops/markers${query}`);
    return { titles: body.items.map(({ title }: { title: string }) => title), next: body.nextCursor };
  };
  expect((await titles(`?from=${at(2)}&to=${at(3)}`)).titles).toEqual(['release 2']);
  const first = await titles('?service=billing-worker&limit=2');
  expect(first.titles).toEqual(['release 3', 'release 2']);
  expect(await titles(`?service=billing-worker&limit=2&cursor=${first.next}`)).toEqual({
    titles: ['release 1'],
    next: undefined,
  });
  const wrong = await api.post('/ops/markers', { title: '', at: 'noon', colour: 'red' });
  expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '#/at',
    '#/colour',
    '#/title',
  ]);
});
