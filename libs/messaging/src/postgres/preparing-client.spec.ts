import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { outgoing } from '../testing/outgoing.js';
import { createPostgresMessaging } from './postgres-messaging.js';
import { preparing } from './preparing-client.js';

let database: MessagingDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

afterAll(() => database.drop());

beforeEach(() => {
  pool = new pg.Pool({
    ...database.pool.options,
    password: database.pool.options.password,
    max: 1,
    Client: preparing(),
  });
});

afterEach(() => pool.end());

/** What the server keeps prepared for the only connection of the pool, and how often it was run. */
const prepared = async (): Promise<Record<string, unknown>[]> => {
  const { rows } = await pool.query(
    'SELECT statement, (generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements ORDER BY statement',
  );
  return rows as Record<string, unknown>[];
};

it('prepares a statement with parameters from its second run on, also by a callback', async () => {
  const text = 'SELECT $1::int + 1 AS answer';
  for (const value of [1, 2, 3]) expect((await pool.query(text, [value])).rows).toEqual([{ answer: value + 1 }]);
  const called = await new Promise((resolve) => pool.query(text, [4], (_, result) => resolve(result.rows)));
  expect(called).toEqual([{ answer: 5 }]);
  expect(await prepared()).toEqual([{ statement: text, runs: 3 }]);
});

it('goes on with a connection that is new', async () => {
  const text = 'SELECT $1::int AS answer';
  for (let n = 0; n < 3; n += 1) await pool.query(text, [n]);
  const client = await pool.connect();
  client.release(true);
  expect((await pool.query(text, [7])).rows).toEqual([{ answer: 7 }]);
  expect(await prepared()).toEqual([{ statement: text, runs: 1 }]);
});

it('leaves alone what has no parameters, and what answers every column of a table', async () => {
  await pool.query('CREATE TEMP TABLE grows (a int)');
  await pool.query('INSERT INTO grows VALUES (1)');
  const all = [
    'SELECT * FROM grows WHERE a = $1',
    'SELECT DISTINCT g.* FROM grows g WHERE a = $1',
    'UPDATE grows SET a = $1 RETURNING *',
    'update grows set a = $1 returning *',
  ];
  for (let n = 0; n < 3; n += 1) await pool.query('SELECT 1', []);
  for (let n = 0; n < 3; n += 1) for (const text of all) await pool.query(text, [1]);
  await pool.query('ALTER TABLE grows ADD COLUMN b int');
  for (const text of all) expect((await pool.query(text, [1])).rows).toEqual([{ a: 1, b: null }]);
  expect(await prepared()).toEqual([]);
});

it('remembers no more than 500 statements of a program that has any number', async () => {
  for (let round = 0; round < 2; round += 1) {
    for (let n = 0; n < 510; n += 1) await pool.query(`SELECT ${n} + $1::int`, [1]);
  }
  expect(await prepared()).toHaveLength(500);
});

it('prepares all of an inbox transaction with an outgoing message', async () => {
  await pool.query('TRUNCATE inbox, outbox');
  const { inbox, outbox } = createPostgresMessaging({ pool });
  for (const id of ['m1', 'm2', 'm3']) {
    await inbox.once('c', id, (tx) => outbox.add(tx, [outgoing(id, {}, { queue: 'q' })]));
  }
  expect((await prepared()).map(({ statement, runs }) => [String(statement).slice(0, 18), runs])).toEqual([
    ['INSERT INTO inbox ', 2],
    ['INSERT INTO outbox', 2],
  ]);
});
