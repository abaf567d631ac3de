import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { RowColumns } from './row-columns.js';

interface Parcel {
  readonly id: string;
  readonly weight?: number;
  readonly labels?: readonly string[];
}

const columns = new RowColumns<Parcel>(
  ['id', 'text', ({ id }) => id],
  ['weight', 'integer', ({ weight }) => weight],
  ['labels', 'jsonb', ({ labels }) => labels && JSON.stringify(labels)],
);
const parcels: readonly Parcel[] = [
  { id: 'b', weight: 3 },
  { id: 'a "quoted", {braced} \\' },
  { id: 'c', labels: ['fragile', '"'] },
];
const stored = parcels.map(({ id, weight = null, labels = null }) => ({ id, weight, labels }));

let database: MessagingDatabase;

beforeAll(async () => {
  database = await createMessagingDatabase();
  await database.pool.query('CREATE TABLE parcels (n serial, id text, weight integer, labels jsonb)');
});

afterAll(() => database.drop());

const rowsOf = async (text: string, values: readonly unknown[]) => (await database.pool.query(text, [...values])).rows;

it('is a table, with parameters behind others, a null for what a row does not have, and no row for none', async () => {
  const text = `SELECT $1::int AS other, ${columns.list} FROM ${columns.asTable('parcel', 2)}`;
  expect(columns.count).toBe(3);
  expect(await rowsOf(text, [7, ...columns.values(parcels)])).toEqual(stored.map((row) => ({ other: 7, ...row })));
  expect(await rowsOf(text, [7, ...columns.values([])])).toEqual([]);
});

it('counts its rows', async () => {
  const text = `SELECT id FROM ${columns.asTableInOrder('parcel')} ORDER BY position DESC`;
  const many = Array.from({ length: 1_000 }, (_, index) => ({ id: `${index}` }));
  expect(await rowsOf(text, columns.values(many))).toEqual(many.toReversed());
});

it('inserts its rows, or those that a condition leaves', async () => {
  const text = `${columns.insertInto('parcels')} WHERE weight IS NULL RETURNING id`;
  expect(await rowsOf(text, columns.values(parcels))).toEqual([{ id: parcels[1]?.id }, { id: 'c' }]);
  await rowsOf(columns.insertInto('parcels'), columns.values(parcels.slice(0, 1)));
  expect(await rowsOf('SELECT id, weight, labels FROM parcels ORDER BY n', [])).toEqual([
    stored[1],
    stored[2],
    stored[0],
  ]);
});
