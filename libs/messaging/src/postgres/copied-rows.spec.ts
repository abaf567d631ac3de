import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { type CopiedRow, copyRows } from './copied-rows.js';

let database: MessagingDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(async () => {
  client = await connect();
});

afterEach(() => client.end());

afterAll(() => database.drop());

async function connect(options: pg.ClientConfig = {}): Promise<pg.Client> {
  const { password } = database.pool.options;
  const made = new pg.Client({ ...database.pool.options, password, ...options });
  made.on('error', () => undefined);
  await made.connect();
  return made;
}

const readText = (row: CopiedRow): string => row.text();

describe('rows that are copied', () => {
  it('have the values of each type', async () => {
    const read = (row: CopiedRow) => ({
      small: row.smallint(),
      whole: row.integer(),
      large: row.bigint(),
      yes: row.boolean(),
      no: row.boolean(),
      part: row.doubleOrNull(),
      time: row.timeOrNull(),
      before: row.timeOrNull(),
      text: row.text(),
      json: row.json(),
      bytes: row.bytes(),
      nothing: [row.doubleOrNull(), row.timeOrNull(), row.textOrNull()],
    });
    const [row] = await copyRows(
      client,
      `SELECT -16::smallint, -70000, 9223372036854775807, true, false, 0.1::double precision,
              '2026-11-28T01:02:03.456Z'::timestamptz, '1969-12-31T23:59:59.9995Z'::timestamptz, 'grün 🌱',
              '{"a": ["ü"]}'::jsonb, '\\x00ff80'::bytea, NULL::double precision, NULL::timestamptz, NULL`,
      read,
    );
    expect(row).toEqual({
      small: -16,
      whole: -70_000,
      large: '9223372036854775807',
      yes: true,
      no: false,
      part: 0.1,
      time: new Date('2026-11-28T01:02:03.456Z'),
      before: new Date(-1),
      text: 'grün 🌱',
      json: { a: ['ü'] },
      bytes: Buffer.from([0x00, 0xff, 0x80]),
      nothing: [null, null, null],
    });
  });

  it('are none, one or many, and stay as they were', async () => {
    const copy = (count: number) =>
      copyRows(
        client,
        `SELECT n, decode(repeat(lpad(to_hex(n % 256), 2, '0'), 5000), 'hex') FROM generate_series(1, ${count}) n`,
        (row) => ({
          n: row.integer(),
          bytes: row.bytes(),
        }),
      );
    expect(await copy(0)).toEqual([]);
    expect(await copy(1)).toEqual([{ n: 1, bytes: Buffer.alloc(5_000, 1) }]);
    const rows = await copy(300);
    expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
    expect(rows.every(({ n, bytes }) => bytes.equals(Buffer.alloc(5_000, n % 256)))).toBe(true);
  });

  it.each([
    ['cannot be found', `SELECT 1 / 0`, readText, 'division by zero'],
    ['end in an error', `SELECT (1 / (3 - n))::text FROM generate_series(1, 5) n`, readText, 'division by zero'],
    [
      'cannot be read',
      `SELECT n::text FROM generate_series(1, 3) n`,
      (row: CopiedRow) => {
        if (row.text() === '2') throw new Error('Not this one.');
        return '';
      },
      'Not this one.',
    ],
  ])('reject when they %s, and leave the connection as it was', async (_, query, read, message) => {
    await expect(copyRows(client, query, read)).rejects.toThrow(message);
    expect(await copyRows(client, `SELECT 'next'`, readText)).toEqual(['next']);
  });

  it('reject when the connection is lost', async () => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const copied = copyRows(client, 'SELECT pg_sleep(60)::text', readText);
    const lost = expect(copied).rejects.toThrow();
    await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await lost;
    await expect(copyRows(client, `SELECT 'next'`, readText)).rejects.toThrow();
  });

  it('reject when they take longer than the connection allows a query', async () => {
    const impatient = await connect({ query_timeout: 50 });
    try {
      expect(await copyRows(impatient, `SELECT 'soon'`, readText)).toEqual(['soon']);
      await expect(copyRows(impatient, 'SELECT pg_sleep(0.3)::text', readText)).rejects.toThrow('Query read timeout');
    } finally {
      await impatient.end();
    }
  });
});
