import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { queue } from './replayed/dead-letters.js';
import { OpsClient, type Replay } from './replayed/ops-client.js';
import { replayRun } from './replayed/replay-run.js';
import { startSecondReplica } from './replayed/second-replica.js';
import { ShortLocks } from './short-locks.js';
import { System } from './system.js';
import { until } from './until.js';

/** Whoever is killed is followed soon. */
const environment = { OPS_LEASE: '2s' };
const leaseMs = 2_000;
/** Nobody looks at every moment, and this machine does other things as well. */
const slackMs = 5_000;

let locks: ShortLocks;
let system: System;

beforeAll(async () => {
  locks = await ShortLocks.write();
  system = await System.start({ ...environment, BROKER_TOPOLOGY: locks.file });
});

afterAll(async () => {
  await system?.remove();
  await locks.remove();
});

/** A few: `npx nx run e2e:replay` takes a thousand of each reason, and measures what that costs the orders beside it. */
it('replays what can be handled now, once, while orders come in and order-api is killed twice; what cannot stops its replay', async () => {
  const report = await replayRun(system, { count: 80, rate: 20, ordersPerSecond: 5, measureMs: 3_000 });
  expect(report.beside.orders).toBeGreaterThan(0);
});

it('has one of two replicas lead, the other one within its lease once that is killed, and both make one replay of a request', async () => {
  const [holder] = await leaders();
  const second = await startSecondReplica(system, environment);
  try {
    expect(await leaders()).toEqual([holder]);
    system.kill('order-api');
    const killedAt = performance.now();
    const [next] = await until('another one leads', leaders, ([now]) => now !== undefined && now !== holder);
    expect(performance.now() - killedAt).toBeLessThan(leaseMs + leaseMs / 3 + slackMs);
    expect(await leaders()).toEqual([next]);
    await until(
      'order-api is there again',
      () => fetch(system.url('order-api', '/health/ready')),
      ({ ok }) => ok,
    );

    const ops = new OpsClient(system);
    const select = () => ops.post<{ id: string }>('/ops/selections', { queue, filter: { reason: 'InvalidPayload' } });
    const [one, two] = [await select(), await select()];
    const make = ({ id: selectionId }: { readonly id: string }, url: string): Promise<Response> =>
      fetch(`${url}/ops/replays`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ selectionId, note: 'once', rate: 1 }),
      });
    const urls = [system.url('order-api'), second.url, system.url('order-api'), second.url];
    const answers = await Promise.all(urls.map((url) => make(one, url)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    const made = (await Promise.all(answers.map((answer) => answer.json()))) as readonly Replay[];
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const overlapping = await make(two, second.url);
    expect([overlapping.status, await overlapping.json()]).toEqual([
      409,
      expect.objectContaining({ type: 'urn:orderflow:problem:replay-overlaps' }),
    ]);
    await until(
      'what can never be handled has stopped it',
      () => ops.show(made[0]?.id ?? ''),
      ({ state }) => state === 'stopped',
    );
  } finally {
    await second.kill();
  }
});

/** Who holds the lease, whether or not it has run out: nobody, or one. */
async function leaders(): Promise<readonly string[]> {
  const database = new pg.Client(system.databaseUrl('order-api'));
  await database.connect();
  try {
    const text = "SELECT holder FROM ops_leases WHERE name = 'ops' AND leased_until > now()";
    return (await database.query<{ holder: string }>(text)).rows.map(({ holder }) => holder);
  } finally {
    await database.end();
  }
}
