import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { drizzleAdapter } from '../../test/adapters/drizzle.js';
import { kyselyAdapter } from '../../test/adapters/kysely.js';
import { typeormAdapter } from '../../test/adapters/typeorm.js';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { ManualClock } from '../testing/manual-clock.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { outgoing } from '../testing/outgoing.js';
import { createPostgresMessaging, type PostgresMessaging } from './postgres-messaging.js';
import type { UnitOfWork } from './sql-transaction.js';

interface Tool {
  readonly messaging: PostgresMessaging<unknown>;
  readonly insert: (tx: UnitOfWork<unknown>, value: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

interface Schema {
  readonly effects: { readonly value: string };
}

let database: MessagingDatabase;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(() => database.clear());

afterAll(() => database.drop());

function poolOfTool(): pg.Pool {
  const pool = new pg.Pool(database.pool.options);
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function tool<Db>(
  messaging: PostgresMessaging<Db>,
  insert: (db: Db, value: string) => Promise<unknown>,
  close: () => Promise<void>,
): Tool {
  return {
    messaging: messaging as PostgresMessaging<unknown>,
    insert: (tx, value) => insert((tx as UnitOfWork<Db>).db, value),
    close,
  };
}

const tools: Record<string, () => Promise<Tool>> = {
  async kysely() {
    const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: poolOfTool() }) });
    return tool(
      createPostgresMessaging({ pool: database.pool, adapter: kyselyAdapter(db) }),
      (trx, value) => trx.insertInto('effects').values({ value }).execute(),
      () => db.destroy(),
    );
  },
  async drizzle() {
    const pool = poolOfTool();
    return tool(
      createPostgresMessaging({ pool: database.pool, adapter: drizzleAdapter(drizzle(pool)) }),
      (tx, value) => tx.execute(sql`INSERT INTO effects VALUES (${value})`),
      () => pool.end(),
    );
  },
  async typeorm() {
    const url = database.pool.options.connectionString ?? '';
    const source = await new DataSource({ type: 'postgres', url, driver: pg }).initialize();
    return tool(
      createPostgresMessaging({ pool: database.pool, adapter: typeormAdapter(source) }),
      (manager, value) => manager.query('INSERT INTO effects VALUES ($1)', [value]),
      () => source.destroy(),
    );
  },
};

const count = async (table: string): Promise<number> =>
  (await database.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`)).rows[0]?.count ?? -1;

describe.each(Object.keys(tools))('a unit of work over %s', (name) => {
  let used: Tool;

  beforeAll(async () => {
    used = await (tools[name] as () => Promise<Tool>)();
  });

  afterAll(() => used.close());

  const handle = (work: (tx: UnitOfWork<unknown>) => Promise<void>) =>
    used.messaging.inbox.once('billing', 'm1', async (tx) => {
      await used.insert(tx, 'effect');
      await used.messaging.outbox.add(tx, [outgoing('sent')]);
      await work(tx);
    });
  const stored = async () => [await count('effects'), await count('inbox'), await count('outbox')];

  it('commits effect, inbox and outbox together, then wakes the relay and runs what comes after', async () => {
    const after: Promise<number>[] = [];
    let sends = 0;
    const stop = used.messaging.onWake(() => (sends += 1));
    const outcome = await handle(async (tx) => tx.afterCommit(() => after.push(count('effects'))));
    stop();
    expect([outcome, await stored()]).toEqual(['handled', [1, 1, 1]]);
    expect([sends, await Promise.all(after)]).toEqual([1, [1]]);
    expect(await handle(async () => undefined)).toBe('duplicate');
  });

  it('rolls all of it back, and wakes nobody', async () => {
    let called = 0;
    const stop = used.messaging.onWake(() => (called += 1));
    const failing = handle(async (tx) => {
      tx.afterCommit(() => (called += 1));
      throw new Error('declined');
    });
    await expect(failing).rejects.toThrow('declined');
    stop();
    expect([called, await stored()]).toEqual([0, [0, 0, 0]]);
  });

  it('wakes a relay by its commit, without a sweep', async () => {
    const { send, ids } = recordingSend();
    const relay = used.messaging.startRelay({
      transport: { send },
      clock: new ManualClock(),
    });
    try {
      // What it looks for by itself when it has its leases must be over: the clock stands still for all later looks.
      await used.messaging.transaction((tx) => used.messaging.outbox.add(tx, [outgoing('first')]));
      while ((await count('outbox')) > 0) await nextTurn();
      await handle(async () => undefined);
      while ((await count('outbox')) > 0) await nextTurn();
      expect(ids()).toEqual(['first', 'sent']);
    } finally {
      await relay.stop();
    }
  });

  it('is the code of the page', async () => {
    const page = await readFile(new URL('../../../../docs/unit-of-work.md', import.meta.url), 'utf8');
    const code = await readFile(new URL(`../../test/adapters/${name}.ts`, import.meta.url), 'utf8');
    expect(page).toContain(`\`\`\`ts\n${code}\`\`\``);
  });
});
