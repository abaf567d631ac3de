import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { BUCKETS } from '../outbox/bucket.js';
import { ManualClock } from '../testing/manual-clock.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { createPostgresMessaging } from './postgres-messaging.js';

const project = fileURLToPath(new URL('../../', import.meta.url));
const rolldown = fileURLToPath(new URL('../../../../node_modules/rolldown/bin/cli.mjs', import.meta.url));

let database: MessagingDatabase;
let folder: string;
let writer: string;

beforeAll(async () => {
  database = await createMessagingDatabase();
  folder = mkdtempSync(join(tmpdir(), 'killed-writer-'));
  writer = join(folder, 'main.mjs');
  execFileSync(process.execPath, [rolldown, '-c', 'test/rolldown.config.mjs'], {
    cwd: project,
    env: { ...process.env, NODE_OPTIONS: '', KILLED_WRITER: writer },
    stdio: 'pipe',
  });
}, 60_000);

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.drop();
});

it('what a process committed and was killed before waking anybody for, the sweep of a relay elsewhere finds', async () => {
  const { pool } = database;
  const { send, ids } = recordingSend();
  const clock = new ManualClock();
  const messaging = createPostgresMessaging({ pool });
  // Leases are renewed at a third of this: no renewal comes with the sweep.
  const relay = messaging.startRelay({
    transport: { send },
    clock,
    sweepMs: 3_000,
    leaseMs: 600_000,
    random: () => 0.5,
  });
  try {
    while (relay.health().buckets < BUCKETS || !(await listens())) await nextTurn();
    const child = spawn(process.execPath, [writer, pool.options.connectionString ?? ''], { stdio: 'inherit' });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect([code, signal]).toEqual([null, 'SIGKILL']);
    expect(await messaging.outbox.backlog()).toMatchObject({ rows: 1 });
    await clock.advance(2_999);
    expect([ids(), (await messaging.outbox.backlog()).rows]).toEqual([[], 1]);
    await clock.advance(1);
    while ((await messaging.outbox.backlog()).rows > 0) await nextTurn();
    expect(ids()).toEqual(['orphan']);
  } finally {
    await relay.stop();
  }
});

async function listens(): Promise<boolean> {
  const { rowCount } = await database.pool.query(
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
  );
  return rowCount === 1;
}
