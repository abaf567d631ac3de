import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createPostgresMessaging } from '@orderflow/messaging/postgres';
import { eventually } from '../../../test/eventually.js';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { WebhookReceiver } from '../../../test/webhook-receiver.js';
import { muteAlert, readAlerts } from './alert-store.js';
import { NoticeRunner, type NoticeRunnerOptions } from './notice-runner.js';
import { recordLook } from './record-look.js';

const { signal } = new AbortController();

let database: OrderDatabase;
let receiver: WebhookReceiver;
let lines: { readonly message: string; readonly fields: object }[];

beforeEach(async () => {
  database = await openOrderDatabase();
  receiver = await WebhookReceiver.start();
  lines = [];
});
afterEach(async () => {
  await receiver.close();
  await database.close();
});

function runner(parts: Partial<NoticeRunnerOptions> = {}): NoticeRunner {
  const write = (fields: object, message: string) => void lines.push({ fields, message });
  const webhook = { url: receiver.url, secret: () => receiver.key.toString('base64') };
  return new NoticeRunner({
    ...{ database: database.pool, log: { warn: write, error: write }, webhook, random: () => 1 },
    ...parts,
  });
}

async function look(value: number): Promise<void> {
  const finding = {
    queue: 'orders',
    kind: 'backlog',
    value,
    threshold: 10,
    detail: `${value} messages wait.`,
  } as const;
  await createPostgresMessaging({ pool: database.pool }).transaction((tx) => recordLook(tx, [finding]));
}

async function notice(began = new Date()) {
  const { rows } = await database.pool.query(
    `SELECT id, attempts, last_error, outcome, round(extract(epoch FROM due_at - now()) * 1000)::float8 AS due_ms,
       round(extract(epoch FROM due_at - $1) * 1000)::float8 AS after_ms
     FROM ops_notices ORDER BY created_at LIMIT 1`,
    [began],
  );
  return rows[0] as {
    readonly id: string;
    readonly outcome: string | null;
    readonly due_ms: number;
    readonly after_ms: number;
  };
}
/** As if there was much time until the next try of what was tried. */
const makeLate = () =>
  database.pool.query(
    "UPDATE ops_notices SET due_at = now() + interval '1 hour' WHERE ended_at IS NULL AND attempts > 0",
  );
/** As if the time until the next try had passed: a while ago, since the column rounds to milliseconds. */
const makeDue = () =>
  database.pool.query("UPDATE ops_notices SET due_at = now() - interval '1 s' WHERE ended_at IS NULL");

it('tells of the beginning and of the end once each, genuinely, in the log and to the webhook', async () => {
  const step = () => runner().step(signal);
  await look(11);
  await step();
  await step();
  await look(1);
  await look(1);
  await step();
  expect(receiver.received.map(({ isGenuine, body }) => [isGenuine, body.type, body.data.queue])).toEqual([
    [true, 'alert.opened', 'orders'],
    [true, 'alert.recovered', 'orders'],
  ]);
  expect(receiver.received[0]?.body.data).toMatchObject({ kind: 'backlog', value: 11, threshold: 10 });
  expect(receiver.received[1]?.body.data.recoveredAt).toEqual(expect.any(String));
  expect(lines.map(({ message }) => message)).toEqual(['an alert began', 'an alert ended']);
  expect((await readAlerts(database.pool, { limit: 1 })).items[0]?.notifiedAt).toEqual(expect.any(String));
});

it('tells again what was not taken, later each time, as the same notice and one line', async () => {
  receiver.answers.push(500, 302, 429);
  await look(11);
  for (const expected of [1_000, 2_000, 4_000]) {
    const { rows } = await database.pool.query('SELECT now() AS began');
    await runner().step(signal);
    const { due_ms: dueMs, after_ms: afterMs } = await notice(rows[0].began);
    expect(dueMs).toBeLessThanOrEqual(expected);
    expect(afterMs).toBeGreaterThan(expected / 2);
    // Not before it is due.
    await makeLate();
    const before = receiver.received.length;
    await runner().step(signal);
    expect(receiver.received).toHaveLength(before);
    await makeDue();
  }
  await runner().step(signal);
  expect(await notice()).toMatchObject({ outcome: 'delivered', attempts: 3, last_error: 'it answers 429' });
  expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([(await notice()).id]));
  expect(receiver.received).toHaveLength(4);
  expect(lines.filter(({ message }) => message === 'an alert began')).toHaveLength(1);
});

it('tells of the end after the beginning only', async () => {
  receiver.answers.push(500);
  await look(11);
  await runner().step(signal);
  await look(1);
  await look(1);
  await makeLate();
  await runner().step(signal);
  expect(receiver.received.map(({ body }) => body.type)).toEqual(['alert.opened']);
  await makeDue();
  await runner().step(signal);
  expect(receiver.received.map(({ body }) => body.type)).toEqual(['alert.opened', 'alert.opened', 'alert.recovered']);
});

it('tells by a line alone where there is no webhook', async () => {
  await look(11);
  await runner({ webhook: undefined }).step(signal);
  expect(await notice()).toMatchObject({ outcome: 'logged' });
  expect(lines).toMatchObject([{ message: 'an alert began', fields: { alert: { queue: 'orders', kind: 'backlog' } } }]);
});

it('is gone on with by a successor when it is killed before it could record that it told', async () => {
  await look(11);
  const killed = runner({
    database: {
      query: (text, values) =>
        text.includes('outcome') ? Promise.reject(new Error('killed')) : database.pool.query(text, values),
    },
  });
  await expect(killed.step(signal)).rejects.toThrow('killed');
  expect(receiver.received).toHaveLength(1);
  await runner().step(signal);
  expect(receiver.received.map(({ id }) => id)).toEqual([(await notice()).id, (await notice()).id]);
  expect(await notice()).toMatchObject({ outcome: 'delivered' });
});

it('is gone on with by a successor when its process is killed while the webhook has not answered', async () => {
  receiver.answers.push('nothing');
  await look(11);
  const files = ['../../../../../tools/typescript.mjs', '../../../test/notice-child.ts'];
  const [hooks = '', child = ''] = files.map((file) => fileURLToPath(new URL(file, import.meta.url)));
  const args = [child, database.url, receiver.url, receiver.key.toString('base64')];
  const leader = spawn(process.execPath, ['--import', hooks, ...args], { stdio: 'inherit' });
  await eventually(async () => expect(receiver.received).toHaveLength(1));
  leader.kill('SIGKILL');
  await once(leader, 'exit');
  expect(await notice()).toMatchObject({ outcome: null });
  await runner().step(signal);
  expect(receiver.received.map(({ id, isGenuine }) => [id, isGenuine])).toEqual([
    [(await notice()).id, true],
    [(await notice()).id, true],
  ]);
  // The line was written before the process ended, and is not written again.
  expect(lines).toEqual([]);
  expect(await notice()).toMatchObject({ outcome: 'delivered' });
});

it('leaves a notice that it is asked to end in the middle of to its successor', async () => {
  receiver.answers.push('nothing');
  await look(11);
  const ending = new AbortController();
  const begun = runner().step(ending.signal);
  await eventually(async () => expect(receiver.received).toHaveLength(1));
  ending.abort();
  await begun;
  expect(await notice()).toMatchObject({ outcome: null, attempts: 0 });
  await runner().step(signal);
  expect(await notice()).toMatchObject({ outcome: 'delivered' });
  expect(receiver.received[1]?.id).toBe(receiver.received[0]?.id);
});

it('gives up after a day, and says so', async () => {
  receiver.answers.push(500);
  await look(11);
  await database.pool.query("UPDATE ops_notices SET created_at = now() - interval '1 day'");
  await runner().step(signal);
  expect(await notice()).toMatchObject({ outcome: 'given-up' });
  expect(lines.at(-1)?.message).toMatch(/did not take a notice for a day/);
  expect((await readAlerts(database.pool, { limit: 1 })).items[0]?.notifiedAt).toBeUndefined();
});

it('holds back what is muted, until the mute ends', async () => {
  await look(11);
  const id = String((await readAlerts(database.pool, { limit: 1 })).items[0]?.id);
  await muteAlert(database.pool, id, new Date(Date.now() + 3_600_000));
  await runner().step(signal);
  expect([receiver.received, lines]).toEqual([[], []]);
  await muteAlert(database.pool, id, null);
  await runner().step(signal);
  expect(receiver.received).toHaveLength(1);
});
