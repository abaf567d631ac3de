import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { purgesOfCopies } from './letter-copies.js';

let database: OrderDatabase;
beforeEach(async () => {
  database = await openOrderDatabase();
});
afterEach(() => database.close());

it('removes copies after 30 days, and keeps what else is known of their letters', async () => {
  const { pool } = database;
  const id = randomUUID();
  await pool.query(
    `INSERT INTO ops_discards (id, selection_id, queue, target, state, letters, note, created_by)
     VALUES ($1, $1, 'orders', 'orders', 'done', 2, 'go', 'local')`,
    [id],
  );
  await pool.query(
    `INSERT INTO ops_exports (id, selection_id, queue, state, letters, note, created_by)
     VALUES ($1, $1, 'orders', 'done', 2, 'go', 'local')`,
    [id],
  );
  const ages = ['29 days', '31 days'];
  for (const [n, age] of ages.entries()) {
    await pool.query(
      `INSERT INTO ops_discard_letters (discard_id, n, queue, place, message_id, generation, state, copy, copied_at)
       VALUES ($1, $2::int, 'orders', $2::int::text, 'm', 0, 'discarded', 'copy', now() - $3::interval)`,
      [id, n, age],
    );
    await pool.query(
      `INSERT INTO ops_export_letters (export_id, n, queue, place, message_id, state, copy, copied_at)
       VALUES ($1, $2::int, 'orders', $2::int::text, 'm', 'exported', 'copy', now() - $3::interval)`,
      [id, n, age],
    );
    await pool.query(
      `INSERT INTO ops_edits (id, queue, target, place, message_id, new_message_id, type, version, state, original, edited,
         properties, note, created_by, created_at)
       VALUES ($1, 'orders', 'orders', $2::text, 'm', $2::text, 't', 1, 'sent', 'a', 'b', '{}', 'go', 'local', now() - $3::interval)`,
      [randomUUID(), String(n), age],
    );
  }
  for (const purge of purgesOfCopies(pool)) await purge.remove();
  const kept = async (table: string, columns: string, order: string) =>
    (await pool.query(`SELECT ${columns} FROM ${table} ORDER BY ${order}`)).rows.map((row) => Object.values(row));
  expect(await kept('ops_discard_letters', 'copy IS NOT NULL', 'n')).toEqual([[true], [false]]);
  expect(await kept('ops_export_letters', 'copy IS NOT NULL', 'n')).toEqual([[true], [false]]);
  expect(await kept('ops_edits', 'original IS NOT NULL AS o, edited IS NOT NULL AS e', 'place')).toEqual([
    [true, true],
    [false, false],
  ]);
});
