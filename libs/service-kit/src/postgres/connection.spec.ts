import { expect, it } from '@jest/globals';
import { cloneDatabase } from '@orderflow/local-postgres/testing';
import { Pool } from 'pg';
import { connectionFrom, connectionOf } from './connection.js';

const never = () => Promise.reject(new Error('not asked for'));

it('takes the password from the URL where there is one', async () => {
  const database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
  const pool = new Pool(connectionOf(database.url, never));
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
  await database.drop();
});

it('asks for a fresh password for each new connection where the URL has none', async () => {
  const database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
  const url = new URL(database.url);
  const { password } = url;
  url.password = '';
  let asked = 0;
  const pool = new Pool({
    ...connectionOf(url.href, async () => {
      asked++;
      return decodeURIComponent(password);
    }),
    max: 2,
  });
  const clients = await Promise.all([pool.connect(), pool.connect()]);
  expect(asked).toBe(2);
  for (const client of clients) client.release();
  await pool.end();
  await database.drop();
});

it('passes on why there is no password', async () => {
  const database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
  const url = new URL(database.url);
  url.password = '';
  const pool = new Pool(connectionOf(url.href, () => Promise.reject(new Error('no identity here'))));
  await expect(pool.query('SELECT 1')).rejects.toThrow('no identity here');
  await pool.end();
  await database.drop();
});

it('keeps what else the URL says', () => {
  const url = 'postgres://app@db.example.com:6432/orders?sslmode=verify-full&lock_timeout=5';
  expect(connectionOf(url, never)).toMatchObject({
    host: 'db.example.com',
    port: 6432,
    user: 'app',
    database: 'orders',
    ssl: {},
    lock_timeout: '5',
  });
});

it('uses a URL that was rotated for the next connection, as whoever it says', async () => {
  const database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
  const admin = new Pool(connectionOf(database.url, never));
  const role = `rotated_${Date.now()}`;
  await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'second'`);
  let url = database.url;
  const pool = new Pool({ ...connectionFrom(() => url), max: 2 });
  const first = await pool.connect();
  const rotated = new URL(url);
  rotated.username = role;
  rotated.password = 'second';
  url = rotated.href;
  const second = await pool.connect();
  const userOf = async (client: typeof first) => (await client.query('SELECT current_user AS name')).rows[0].name;
  expect([await userOf(first), await userOf(second)]).toEqual([new URL(database.url).username, role]);
  for (const client of [first, second]) client.release();
  await pool.end();
  await admin.query(`DROP ROLE ${role}`);
  await admin.end();
  await database.drop();
});
