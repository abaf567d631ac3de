import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import type { AlertKind, Finding } from './finding.js';
import { muteAlert, readAlerts } from './alert-store.js';
import { recordLook } from './record-look.js';

let database: OrderDatabase;
beforeEach(async () => {
  database = await openOrderDatabase();
});
afterEach(() => database.close());

const finding = (value: number | undefined, kind: AlertKind = 'backlog', queue = 'orders'): Finding => ({
  ...{ queue, kind, value, threshold: 10, detail: `${value} messages wait.` },
});
const look = (...findings: readonly Finding[]) =>
  createPostgresMessaging({ pool: database.pool }).transaction((tx) => recordLook(tx, findings));
const alerts = async () => (await readAlerts(database.pool, { limit: 50 })).items;
async function notices() {
  const { rows } = await database.pool.query(
    `SELECT what, body->'data'->>'kind' AS kind, body->'data'->'value' AS value FROM ops_notices ORDER BY created_at, what`,
  );
  return rows as readonly object[];
}
const inAnHour = () => new Date(Date.now() + 3_600_000);

it('opens one alert for a kind and a queue, however often it is seen', async () => {
  await look(finding(11), finding(12, 'dead-letters'), finding(10, 'backlog', 'billing'));
  await look(finding(15), finding(12, 'dead-letters'), finding(10, 'backlog', 'billing'));
  const found = await alerts();
  expect(found.map(({ fingerprint, value, state }) => [fingerprint, value, state]).sort()).toEqual([
    ['backlog orders', 15, 'open'],
    ['dead-letters orders', 12, 'open'],
  ]);
  expect(await notices()).toHaveLength(2);
  expect(await notices()).toContainEqual({ what: 'opened', kind: 'backlog', value: 11 });
});

it('ends it when two looks in a row do not see it, and then opens another one', async () => {
  await look(finding(11));
  await look(finding(10));
  await look(finding(11));
  await look(finding(9));
  expect(await alerts()).toMatchObject([{ state: 'open' }]);
  await look(finding(8));
  expect(await alerts()).toMatchObject([{ state: 'recovered', recoveredAt: expect.any(String), value: 11 }]);
  await look(finding(7));
  expect(await notices()).toMatchObject([{ what: 'opened' }, { what: 'recovered' }]);
  await look(finding(20));
  expect(await alerts()).toMatchObject([{ state: 'open', value: 20 }, { state: 'recovered' }]);
  expect(await notices()).toHaveLength(3);
});

it('changes nothing by what nobody knows', async () => {
  await look(finding(11));
  for (let time = 0; time < 3; time += 1) await look(finding(undefined));
  expect(await alerts()).toMatchObject([{ state: 'open', value: 11 }]);
});

it('ends what is not watched any more', async () => {
  await look(finding(11), finding(11, 'backlog', 'billing'));
  await look(finding(11, 'backlog', 'billing'));
  expect((await alerts()).map(({ queue, state }) => [queue, state]).sort()).toEqual([
    ['billing', 'open'],
    ['orders', 'recovered'],
  ]);
});

it('is muted with the later ones of its kind and queue, and tells of none that ended before the mute', async () => {
  await look(finding(11), finding(11, 'dead-letters'));
  const [muted] = (await alerts()).filter(({ kind }) => kind === 'backlog');
  await muteAlert(database.pool, String(muted?.id), inAnHour());
  await look(finding(1), finding(1, 'dead-letters'));
  await look(finding(1), finding(1, 'dead-letters'));
  expect(await notices()).toMatchObject([
    { what: 'opened', kind: 'dead-letters' },
    { what: 'recovered', kind: 'dead-letters' },
  ]);
  await look(finding(11), finding(11, 'dead-letters'));
  const open = (await alerts()).filter(({ state }) => state === 'open');
  expect(open.map(({ kind, mutedUntil }) => [kind, mutedUntil !== undefined]).sort()).toEqual([
    ['backlog', true],
    ['dead-letters', false],
  ]);
  // Whichever of them is named: the mute is of them all.
  await muteAlert(database.pool, String(muted?.id), null);
  expect((await alerts()).every(({ mutedUntil }) => mutedUntil === undefined)).toBe(true);
});
