import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { lastingPort } from '../testing/lasting-port.js';
import { ManualClock } from '../testing/manual-clock.js';
import { preparing } from './preparing-client.js';
import { WakeChannel } from './wake-channel.js';
import { until } from '../testing/until.js';

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

  it('has its read planned, and hands its connection one read at a time, whoever asks', async () => {
    const begun: string[] = [];
    const ended: string[] = [];
    const Preparing = preparing();
    class Watched extends Preparing {
      override query(...call: unknown[]): never {
        const [statement] = call as [{ readonly name?: string }];
        const query = super.query as (...call: unknown[]) => Promise<unknown>;
        if (statement.name === undefined) return query.apply(this, call) as never;
        expect(begun).toEqual(ended);
        begun.push(statement.name);
        return query.apply(this, call).finally(() => ended.push(String(statement.name))) as never;
      }
    }
    const { host, port, user, password } = await connectionOf(database.pool);
    const { rows } = await database.pool.query('SELECT current_database() AS name');
    pool = new pg.Pool({ host, port, user, password, database: String(rows[0].name), Client: Watched as never });
    const heard = Promise.withResolvers<void>();
    const channel = new WakeChannel({
      pool,
      clock: new ManualClock(),
      onWake: () => heard.resolve(),
      onError: (error) => heard.reject(error),
    });
    await heard.promise;
    const read = (name: string) => channel.reading?.query({ name, text: `SELECT $1::text AS ${name}`, values: [name] });
    const refused = channel.reading?.query({ name: 'refused', text: 'SELECT 1 / $1::int', values: [0] });
    const [one, , two] = await Promise.allSettled([read('one'), refused, read('two')]);
    expect([one, two]).toMatchObject([{ value: { rowCount: 1 } }, { value: { rowCount: 1 } }]);
    expect(begun).toEqual(['outbox_batch', 'refused', 'one', 'two']);
    await channel.stop();
  });

  describe('with its own pool', () => {
    let clock: ManualClock;
    let wakes: number;
    let errors: unknown[];
    let channel: WakeChannel | undefined;
    const start = (from: pg.Pool, onWake: () => void = () => (wakes += 1)): WakeChannel => {
      channel = new WakeChannel({ pool: from, clock, onWake, onError: (error) => errors.push(error) });
      return channel;
    };
    beforeEach(() => {
      clock = new ManualClock();
      wakes = 0;
      errors = [];
    });
    afterEach(() => channel?.stop());

    it('wakes once it listens, so that nothing falls between: what is notified from then on is heard', async () => {
      let notified: Promise<unknown> | undefined;
      start(database.pool, () => {
        wakes += 1;
        notified ??= database.pool.query('NOTIFY orderflow_outbox');
      });
      await until(() => wakes === 2);
      await notified;
      expect(errors).toEqual([]);
    });

    it('lets all that comes during a notification share the next one', async () => {
      const listener = new pg.Client(database.pool.options);
      await listener.connect();
      try {
        let heard = 0;
        listener.on('notification', () => (heard += 1));
        await listener.query('LISTEN orderflow_outbox');
        const one = start(database.pool);
        for (let times = 0; times < 5; times += 1) one.notify();
        await until(() => heard === 2);
        await one.stop();
        await listener.query('SELECT 1');
        expect(heard).toBe(2);
      } finally {
        await listener.end();
      }
    });

    it('plans one reconnection after a loss, wakes when it listens again, and forgets it when stopped', async () => {
      const one = start(database.pool);
      await until(() => wakes === 1);
      await cut();
      await until(() => errors.length > 0);
      await until(async () => (await listeners()) === 0);
      expect([errors.length, clock.pending]).toEqual([1, 1]);
      await clock.advance(999);
      expect(clock.pending).toBe(1);
      await clock.advance(1);
      await until(() => wakes === 2);
      await cut();
      await until(() => errors.length > 1);
      await one.stop();
      expect(clock.pending).toBe(0);
      expect(await listeners()).toBe(0);
    });

    it('tries again for as long as the database is away, and stops then as well', async () => {
      const away = new pg.Pool({ host: '127.0.0.1', port: await lastingPort(), database: 'nowhere' });
      const one = start(away);
      for (let tries = 1; tries <= 3; tries += 1) {
        await until(() => errors.length === tries && clock.pending === 1);
        await clock.advance(1_000);
      }
      await one.stop();
      one.notify();
      expect(clock.pending).toBe(0);
      expect(wakes).toBe(0);
      await away.end();
    });
  });
});

const listening = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
const listeners = async (): Promise<number | null> => (await database.pool.query(`SELECT ${listening}`)).rowCount;
const cut = () => database.pool.query(`SELECT pg_terminate_backend(pid) ${listening}`);

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
