import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { ServiceBusEnvironment } from '../../test/service-bus-environment.js';
import { startConsumer } from '../consumer.js';
import type { Contract } from '../contract.js';
import { DependencyAwayError } from '../errors.js';
import { handle } from '../handling.js';
import { createPostgresMessaging, postgresFailures } from '../postgres/index.js';
import { outgoing } from '../testing/outgoing.js';
import { TcpProxy } from '../testing/tcp-proxy.js';

const work: Contract = { type: 'work.do', version: 1, kind: 'event', parse: (value) => value };
const HOUR_MINUTES = 60;
/** How long a handler works, in ms of the clock. */
const WORK_MS = 1_000;

let environment: ServiceBusEnvironment;
let database: MessagingDatabase;
let gate: TcpProxy;
let pool: pg.Pool;

beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
  database = await createMessagingDatabase();
  await openGate();
});

afterEach(async () => {
  await environment.close();
  await pool.end();
  await gate.close();
  await database.drop();
});

/** The database as the consumer reaches it: by a way that can be shut. */
async function openGate(): Promise<void> {
  const url = new URL(database.pool.options.connectionString ?? '');
  gate = await TcpProxy.to(Number(url.port));
  url.port = String(gate.port);
  pool = new pg.Pool({ connectionString: url.href, max: 10 });
  pool.on('error', () => undefined);
}

interface Outage {
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
}

/** What a handler calls besides its database. */
let gatewayIsAway = false;

const outages: Readonly<Record<string, () => Outage>> = {
  gateway: () => ({ begin: () => void (gatewayIsAway = true), end: () => void (gatewayIsAway = false) }),
  database: () => ({ begin: () => gate.refuse(), end: () => gate.welcome() }),
};

/** How many messages arrive meanwhile; a run with WAITING_MESSAGES=10000 takes minutes. */
const messages = Number(process.env['WAITING_MESSAGES'] ?? 1_000);
/** Then the clock waits a moment for broker and database at each second: rates are the workers', not the machine's. */
const isMeasured = process.env['WAITING_MESSAGES'] !== undefined;

it.each(['gateway', 'database'])(
  'with the %s away for an hour under load nothing is counted or dead-lettered, and what waits comes back spread out',
  async (name) => {
    const outage = outages[name]?.();
    if (!outage) throw new Error(`There is no outage ${name}.`);
    const [sender, transport] = [await environment.connect(), await environment.connect()];
    const messaging = createPostgresMessaging({ pool });
    const attempts = new Set<number>();
    let running = 0;
    let atDatabase = 0;
    let handled = 0;
    let busiest = 0;
    const consumer = await startConsumer({
      transport,
      queue: 'work',
      handlers: [
        handle(work, async ({ id }, { attempt, signal }) => {
          attempts.add(attempt);
          if (gatewayIsAway) throw new DependencyAwayError('gateway', 'It answers 503.');
          atDatabase += 1;
          const insert = { text: 'INSERT INTO effects VALUES ($1)', values: [id] };
          await messaging.inbox
            .once('work', id, async (tx) => void (await tx.query(insert.text, insert.values)), { signal })
            .finally(() => (atDatabase -= 1));
          busiest = Math.max(busiest, ++running);
          await new Promise<void>((resolve) => environment.clock.schedule(environment.now() + WORK_MS, resolve));
          running -= 1;
          handled += 1;
        }),
      ],
      concurrency: 32,
      failures: postgresFailures,
      dependencies: [{ name: 'database', probe: async () => void (await pool.query('SELECT 1')) }],
      clock: environment.clock,
      onError: () => {},
    });

    // Database and broker have all the time they need: how fast this machine is must not show in what the clock measures.
    const isBehind = (): boolean => {
      const soon = environment.broker.clock.now() + environment.lockDurationMs / 4;
      const { main } = environment.broker.namespace.registry.get('work');
      return atDatabase > 0 || [...main.from(0)].some(({ lock }) => lock !== undefined && lock.until < soon);
    };
    const advance = async (ms: number): Promise<void> => {
      await environment.advance(ms);
      while (isBehind()) await new Promise(setImmediate);
    };

    await outage.begin();
    for (let minute = 0; minute < HOUR_MINUTES; minute += 1) {
      const from = Math.floor((minute * messages) / HOUR_MINUTES);
      const to = Math.floor(((minute + 1) * messages) / HOUR_MINUTES);
      await sender.send(Array.from({ length: to - from }, (_, index) => outgoing(`m-${from + index}`)));
      while (consumer.health().paused === undefined) await advance(1_000);
      // In steps that leave time for the renewals of what is held.
      for (let second = 0; second < 60; second += 2) await advance(2_000);
      expect(consumer.health().paused).toBeDefined();
    }
    expect(handled).toBe(0);
    await outage.end();

    // How many were handled at a time at most, every 5 s of the clock: that is what the gateway feels.
    const atATime: number[] = [];
    const perSecond: number[] = [];
    while (handled < messages) {
      const before = handled;
      busiest = 0;
      for (let step = 0; step < 5_000 / WORK_MS; step += 1) {
        await advance(WORK_MS);
        if (isMeasured) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      atATime.push(busiest);
      perSecond.push((handled - before) / 5);
    }
    const rising = atATime.slice(atATime.findIndex((count) => count > 0));
    // One at a time for 5 s, which may end within the first interval.
    expect(rising[0]).toBeLessThanOrEqual(2);
    for (const [index, count] of rising.entries()) {
      // From one it doubles every 5 s at most: by the end of an interval once more than at its beginning.
      expect(count).toBeLessThanOrEqual(Math.min(32, 2 ** (index + 1)));
    }
    expect(Math.max(...rising)).toBeGreaterThan(4);
    if (isMeasured) {
      const rates = perSecond.slice(-rising.length).join(' ');
      console.log(`every 5 s: at a time ${rising.join(' ')}; handled a second ${rates}; ${messages} in all`);
    }
    expect(attempts).toEqual(new Set([1]));
    expect((await database.pool.query('SELECT FROM effects')).rowCount).toBe(messages);
    expect((await sender.deadLetters.peek('work')).letters).toEqual([]);
    await consumer.stop();
  },
  isMeasured ? 1_800_000 : 300_000,
);
