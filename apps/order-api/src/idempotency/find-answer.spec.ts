import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openOrderDatabase, type OrderDatabase } from '../../test/order-database.js';
import { Parameters } from '../sql/parameters.js';
import type { RequestKey } from './idempotency-key.js';
import { type Answer, claimKey, findAnswer, isKeyTaken } from './idempotency-store.js';

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

async function claim(key: RequestKey): Promise<void> {
  const parameters = new Parameters();
  await database.pool.query(claimKey(parameters, key, answer, new Date(start)), [...parameters.values]);
}

const isTaken = (key: RequestKey): Promise<boolean> => claim(key).then(() => false, isKeyTaken);

it('keeps an answer for a day to the millisecond, and then frees its key at once', async () => {
  await claim(keyOf('key-1'));
  const replay = { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } };
  expect(await findAnswer(database.pool, keyOf('key-1'), new Date(start + DAY_MS - 1))).toEqual(replay);
  expect(await isTaken(keyOf('key-1'))).toBe(true);
  expect(await findAnswer(database.pool, keyOf('key-1'), new Date(start + DAY_MS))).toBeUndefined();
  await claim(keyOf('key-1'));
});

it.each([{ client: 'client:b' }, { route: 'POST /returns' }, { key: 'key-3' }])(
  'neither finds nor frees the answer to another request: %j',
  async (change) => {
    const key = keyOf(`key-2-${JSON.stringify(change)}`);
    await claim(key);
    expect(await findAnswer(database.pool, { ...key, ...change }, new Date(start + 2 * DAY_MS))).toBeUndefined();
    expect(await isTaken(key)).toBe(true);
    expect(await findAnswer(database.pool, { ...key, ...change }, new Date(start + 1))).toBeUndefined();
    await claim({ ...key, ...change });
  },
);
