import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import type { RequestKey } from './idempotency-key.js';
import { type Answer, claimColumns, claimKeys, findAnswer } from './idempotency-store.js';

const DAY_MS = 86_400_000;
const start = Date.UTC(2026, 0, 31);

let database: OrderDatabase;

beforeAll(async () => {
  database = await openOrderDatabase();
});

afterAll(() => database.close());

const keyOf = (key: string, change: Partial<RequestKey> = {}): RequestKey => ({
  client: 'client:a',
  route: 'POST /orders',
  key,
  fingerprint: 'f',
  ...change,
});
const answer: Answer = { status: 202, headers: { location: '/orders/o-1' }, body: '{"id":"o-1"}' };

/** Answers whether the key was free. */
async function claim(request: RequestKey): Promise<boolean> {
  const claims = [{ id: 'o-1', request, answer, at: new Date(start).toISOString() }];
  const text = `WITH ${claimKeys(1, { wait: false })} SELECT id FROM claimed`;
  return (await database.pool.query(text, [...claimColumns.values(claims)])).rowCount === 1;
}

const isTaken = async (key: RequestKey): Promise<boolean> => !(await claim(key));

it('keeps an answer for a day to the millisecond, and then frees its key at once', async () => {
  expect(await claim(keyOf('key-1'))).toBe(true);
  const replay = { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } };
  expect(await findAnswer(database.pool, keyOf('key-1'), new Date(start + DAY_MS - 1))).toEqual(replay);
  expect(await isTaken(keyOf('key-1'))).toBe(true);
  expect(await findAnswer(database.pool, keyOf('key-1'), new Date(start + DAY_MS))).toBeUndefined();
  expect(await claim(keyOf('key-1'))).toBe(true);
});

it.each([{ client: 'client:b' }, { route: 'POST /returns' }, { key: 'key-3' }])(
  'neither finds nor frees the answer to another request: %j',
  async (change) => {
    const key = keyOf(`key-2-${JSON.stringify(change)}`);
    expect(await claim(key)).toBe(true);
    expect(await findAnswer(database.pool, { ...key, ...change }, new Date(start + 2 * DAY_MS))).toBeUndefined();
    expect(await isTaken(key)).toBe(true);
    expect(await findAnswer(database.pool, { ...key, ...change }, new Date(start + 1))).toBeUndefined();
    expect(await claim({ ...key, ...change })).toBe(true);
  },
);
