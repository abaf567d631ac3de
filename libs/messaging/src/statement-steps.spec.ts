import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parcels } from '../test/examples/parcels.js';
import { createMessagingDatabase, type MessagingDatabase } from '../test/messaging-database.js';
import { type HandlerRun, handle } from './handling.js';
import { createPostgresMessaging, type PostgresMessaging, postgresFailures } from './postgres/index.js';
import { classify } from './retry/classify.js';
import { outgoing } from './testing/outgoing.js';

let database: MessagingDatabase;
let messaging: PostgresMessaging;
let handler: HandlerRun<{ readonly orderId: string }>;
/** The ids that each call of the inbox was for. */
let calls: string[][];

beforeAll(async () => {
  database = await createMessagingDatabase();
  // Not one order of this name, and no other order twice.
  await database.pool.query("CREATE TABLE parcels (id uuid, order_id text UNIQUE CHECK (order_id <> 'bad'))");
});

beforeEach(async () => {
  await database.clear();
  await database.pool.query('TRUNCATE parcels');
  messaging = createPostgresMessaging({ pool: database.pool });
  calls = [];
  const steps = parcels(messaging.inbox, (id) => outgoing(id));
  const { inbox } = steps;
  const parse = (value: unknown) => value as { readonly orderId: string };
  ({ handler } = handle(
    { type: 'order.paid', version: 1, kind: 'event', parse },
    {
      ...steps,
      inbox: {
        onceManyWith(...call) {
          calls.push([...call[1]]);
          return inbox.onceManyWith(...call);
        },
      },
    },
  ));
});

afterAll(() => database.drop());

/** Handles a message about the order of this name. */
function paid(
  orderId: string,
  how: { readonly id?: string; readonly orderingKey?: string; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { id = `m-${orderId}`, orderingKey = id, signal = new AbortController().signal } = how;
  const { envelope } = outgoing(id);
  const message = { id, type: 'order.paid', version: 1, payload: { orderId }, orderingKey, envelope };
  const delivery = { envelope, queue: 'packing', attempt: 1, unsettled: 0, signal };
  return handler(message, delivery, (error) => classify(postgresFailures, error));
}

async function packed(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ order_id: string }>(
    'SELECT order_id FROM parcels JOIN outbox ON message_id = parcels.id::text ORDER BY order_id',
  );
  return rows.map(({ order_id }) => order_id);
}

describe('steps by one statement', () => {
  it('are the code of the page', async () => {
    const page = await readFile(new URL('../../../docs/handlers.md', import.meta.url), 'utf8');
    const code = await readFile(new URL('../test/examples/parcels.ts', import.meta.url), 'utf8');
    expect(page).toContain(`\`\`\`ts\n${code}\`\`\``);
  });

  it('handle what is ready together by one statement, and one alone by another', async () => {
    await Promise.all([paid('a'), paid('b'), paid('c')]);
    await paid('d');
    expect(calls).toEqual([['m-a', 'm-b', 'm-c'], ['m-d']]);
    expect(await packed()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('take a copy in the same group, and one that comes later, for a duplicate', async () => {
    await Promise.all([paid('a'), paid('a', { orderingKey: 'another' }), paid('b')]);
    await Promise.all([paid('b'), paid('c')]);
    await paid('c');
    expect(calls).toEqual([['m-a', 'm-b'], ['m-b', 'm-c'], ['m-c']]);
    expect(await packed()).toEqual(['a', 'b', 'c']);
    expect((await database.pool.query('SELECT FROM outbox')).rowCount).toBe(3);
  });

  it('tell nothing of an order that has its parcel, whichever message that was for', async () => {
    await paid('a');
    await Promise.all([paid('a', { id: 'another' }), paid('b')]);
    expect(await packed()).toEqual(['a', 'b']);
    expect((await database.pool.query('SELECT FROM outbox')).rowCount).toBe(2);
    expect((await database.pool.query('SELECT FROM inbox')).rowCount).toBe(3);
  });

  it('fail by the message that the database refuses, and commit the others alone', async () => {
    const outcomes = await Promise.allSettled([paid('a'), paid('bad'), paid('c')]);
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: '23514' } },
      { status: 'fulfilled' },
    ]);
    expect(await packed()).toEqual(['a', 'c']);
    // It stays apart from then on.
    calls = [];
    await Promise.allSettled([paid('d'), paid('bad'), paid('e')]);
    expect(calls.toSorted()).toEqual([['m-bad'], ['m-d', 'm-e']]);
  });

  it('try nothing alone while the database is away', async () => {
    await messaging.transaction(async (tx) => {
      await tx.query('LOCK TABLE parcels');
      const handled = Promise.allSettled([paid('a'), paid('b')]);
      const waiting = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      while ((await database.pool.query(`SELECT pg_terminate_backend(pid) ${waiting}`)).rowCount === 0);
      expect(await handled).toMatchObject([{ reason: { code: '57P01' } }, { reason: { code: '57P01' } }]);
    });
    expect(calls).toEqual([['m-a', 'm-b']]);
    await Promise.all([paid('a'), paid('b')]);
    expect(await packed()).toEqual(['a', 'b']);
  });

  it('leave without the message whose lock is lost, and the others are committed', async () => {
    const lost = new AbortController();
    const gone = new Error('the lock was lost');
    await messaging.transaction(async (tx) => {
      // As another delivery that has not ended.
      await tx.query("INSERT INTO inbox VALUES ('packing', 'm-lost')");
      const others = Promise.all([paid('a'), paid('b')]);
      const handled = expect(paid('lost', { signal: lost.signal })).rejects.toBe(gone);
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      while ((await database.pool.query(waiting)).rowCount === 0);
      lost.abort(gone);
      await Promise.all([handled, others]);
    });
    expect(calls).toEqual([
      ['m-a', 'm-b', 'm-lost'],
      ['m-a', 'm-b'],
    ]);
    expect(await packed()).toEqual(['a', 'b']);
  });
});
