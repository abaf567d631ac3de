import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { ManualClock } from '../testing/manual-clock.js';
import { WakeChannel } from './wake-channel.js';

let database: MessagingDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

afterAll(async () => {
  await pool?.end();
  await database.drop();
});

describe('WakeChannel', () => {
  it('listens with the password of a pool that was given it apart from a URL', async () => {
    const { rows } = await database.pool.query('SELECT current_database() AS name');
    const { host, port, user, password } = await connectionOf(database.pool);
    pool = new pg.Pool({ host, port, user, password, database: String(rows[0].name) });
    const heard = Promise.withResolvers<void>();
    const channel = new WakeChannel({
      pool,
      clock: new ManualClock(),
      // Said once the channel listens.
      onWake: () => heard.resolve(),
      onError: (error) => heard.reject(error),
    });
    await expect(heard.promise).resolves.toBeUndefined();
    await channel.stop();
  });
});

/** What the pool's clients log in with, whether it came in a URL or not. */
async function connectionOf(from: pg.Pool) {
  const client = await from.connect();
  try {
    const { host, port, user } = client;
    return { host, port, user: user ?? '', password: client.password ?? '' };
  } finally {
    client.release();
  }
}
