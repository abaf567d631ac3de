import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '@orderflow/local-postgres/testing';
import type { Pool } from 'pg';
import { createPool } from './create-pool.js';
import { DatabaseBusy, RequestDatabase } from './request-database.js';

let database: TestDatabase;
let pool: Pool;
const holders: (() => void)[] = [];

beforeAll(async () => {
  database = await cloneDatabase({ template: 'empty', prepare: async () => {} });
  const onError = (error: Error) => {
    throw error;
  };
  pool = createPool({ url: database.url, applicationName: 'request-database.spec', max: 3, onError });
});

afterEach(() => {
  for (const letGo of holders.splice(0)) letGo();
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Admitted, and holding its connection until the end of the test or until it is called. */
async function hold(requests: RequestDatabase): Promise<() => void> {
  const admitted = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const working = requests.admit(async () => {
    const client = await pool.connect();
    admitted.resolve();
    await over.promise;
    client.release();
  });
  await Promise.race([admitted.promise, working]);
  holders.push(over.resolve);
  return over.resolve;
}

const ask = (requests: RequestDatabase, value: number) => requests.query('SELECT $1::int AS value', [value]);

describe('the database of requests', () => {
  it('answers, and passes on the errors of PostgreSQL', async () => {
    const requests = new RequestDatabase({ pool, connections: 1, waiting: 0 });
    expect((await ask(requests, 7)).rows).toEqual([{ value: 7 }]);
    await expect(requests.query('SELECT nothing')).rejects.toMatchObject({ code: '42703' });
    expect((await ask(requests, 8)).rows).toEqual([{ value: 8 }]);
  });

  it('lets as many wait as it may, refuses the next at once, and serves them in their order', async () => {
    const requests = new RequestDatabase({ pool, connections: 1, waiting: 100 });
    const letGo = await hold(requests);
    const served: number[] = [];
    const waiting = Array.from({ length: 100 }, async (_, index) => {
      await ask(requests, index);
      served.push(index);
    });
    expect(requests.waiting).toBe(100);
    await expect(ask(requests, 100)).rejects.toBeInstanceOf(DatabaseBusy);
    expect(requests.waiting).toBe(100);
    letGo();
    await Promise.all(waiting);
    expect(served).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(requests.waiting).toBe(0);
  });

  it('leaves connections for messages, however many requests wait', async () => {
    const requests = new RequestDatabase({ pool, connections: 2, waiting: 100 });
    await hold(requests);
    await hold(requests);
    const waiting = Array.from({ length: 100 }, (_, index) => ask(requests, index));
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(requests.waiting).toBe(100);
    for (const letGo of holders) letGo();
    await Promise.all(waiting);
  });

  it('lets nobody wait for longer than its timeout, and forgets who waited', async () => {
    const requests = new RequestDatabase({ pool, connections: 1, waiting: 10, waitTimeoutMs: 20 });
    const letGo = await hold(requests);
    const waiting = Array.from({ length: 10 }, (_, index) => ask(requests, index));
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'rejected'));
    await expect(waiting[0]).rejects.toThrow('no connection to the database was free for 20 ms');
    expect(requests.waiting).toBe(0);
    letGo();
    expect((await ask(requests, 1)).rows).toEqual([{ value: 1 }]);
  });

  it('takes an explicit undefined for the default, and refuses numbers that make no sense', async () => {
    const options = { pool, connections: 1, waiting: 1 };
    expect((await ask(new RequestDatabase({ ...options, waitTimeoutMs: undefined }), 1)).rows).toEqual([{ value: 1 }]);
    for (const wrong of [{ connections: 0 }, { connections: 1.5 }, { waiting: -1 }, { waitTimeoutMs: 0 }]) {
      expect(() => new RequestDatabase({ ...options, ...wrong })).toThrow(RangeError);
    }
  });
});
