import { afterEach, describe, expect, it } from '@jest/globals';
import { withConnection } from '../administration.js';
import { cloneDatabase, type TestDatabase } from './clone-database.js';

const clones: TestDatabase[] = [];

afterEach(async () => {
  for (const clone of clones.splice(0)) await clone.drop();
});

const rows = (url: string, sql: string): Promise<unknown[]> =>
  withConnection(url, async (client) => (await client.query(sql)).rows);

describe('cloneDatabase', () => {
  it('prepares the template once, however many ask for it at the same time, and keeps the copies apart', async () => {
    let prepared = 0;
    const clone = async (): Promise<TestDatabase> => {
      const database = await cloneDatabase({
        template: 'numbers',
        prepare: async (url) => {
          prepared += 1;
          await rows(url, 'CREATE TABLE numbers AS SELECT 1 AS value');
        },
      });
      clones.push(database);
      return database;
    };
    const [first, second] = await Promise.all([clone(), clone()]);
    expect(prepared).toBe(1);
    await rows(first.url, 'DELETE FROM numbers');
    expect(await rows(second.url, 'SELECT value FROM numbers')).toEqual([{ value: 1 }]);
  });

  it('begins again after a preparation that failed', async () => {
    const failing = cloneDatabase({ template: 'broken', prepare: () => Promise.reject(new Error('no such column')) });
    await expect(failing).rejects.toThrow('no such column');
    const database = await cloneDatabase({
      template: 'broken',
      prepare: async (url) => void (await rows(url, 'CREATE TABLE fixed ()')),
    });
    clones.push(database);
    expect(await rows(database.url, 'SELECT FROM fixed')).toEqual([]);
  });
});
