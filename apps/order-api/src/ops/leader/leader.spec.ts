import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../../../test/eventually.js';
import { openOrderDatabase, type OrderDatabase } from '../../../test/order-database.js';
import { Lease } from './lease.js';
import { Leader } from './leader.js';

let database: OrderDatabase;
const leaders: Leader[] = [];

beforeEach(async () => {
  database = await openOrderDatabase();
});
afterEach(async () => {
  await Promise.all(leaders.splice(0).map((leader) => leader.stop()));
  await database.close();
});

const leaseOf = (holder: string, leaseMs: number) => new Lease(database.pool, { name: 'ops', holder, leaseMs });

/** A replica whose work is to be in `working` until it is asked to end. */
function replica(holder: string, { leaseMs = 600, lease = leaseOf(holder, leaseMs) } = {}) {
  const working = new Set<AbortSignal>();
  const errors: unknown[] = [];
  const leader = new Leader({
    lease,
    leaseMs,
    work: async (signal) => {
      working.add(signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      working.delete(signal);
    },
    onError: (error) => errors.push(error),
  });
  leaders.push(leader);
  leader.start();
  return { leader, working, errors };
}

it('has one replica lead, and another one once that has stopped', async () => {
  const one = replica('one', { leaseMs: 60_000 });
  await eventually(async () => expect(one.working.size).toBe(1));
  const two = replica('two');
  expect(await leaseOf('two', 60_000).hold()).toBe(false);
  await one.leader.stop();
  expect(one.working.size).toBe(0);
  await eventually(async () => expect(two.working.size).toBe(1));
  expect(one.leader.isLeading).toBe(false);
});

it('is taken over when the lease of a leader that was killed has run out, and not before', async () => {
  // Nobody renews this one.
  expect(await leaseOf('killed', 700).hold()).toBe(true);
  const { rows } = await database.pool.query("select leased_until from ops_leases where name = 'ops'");
  const { working } = replica('two');
  await eventually(async () => expect(working.size).toBe(1));
  const now = await database.pool.query('select now() as now');
  expect(now.rows[0].now.getTime()).toBeGreaterThanOrEqual(rows[0].leased_until.getTime());
});

it('ends its work by itself once it could not renew its lease in time', async () => {
  let isAway = false;
  const real = leaseOf('one', 600);
  const lease = Object.create(real, {
    hold: { value: () => (isAway ? Promise.reject(new Error('away')) : real.hold()) },
    release: { value: () => real.release() },
  }) as Lease;
  const one = replica('one', { lease });
  await eventually(async () => expect(one.working.size).toBe(1));
  isAway = true;
  await eventually(async () => {
    expect(one.errors).toContainEqual(new Error('away'));
    expect(one.working.size).toBe(0);
  });
  isAway = false;
  await eventually(async () => expect(one.working.size).toBe(1));
});

it('leads again after its work has failed', async () => {
  let failures = 0;
  const leader = new Leader({
    lease: leaseOf('one', 90),
    leaseMs: 90,
    work: () => Promise.reject(new Error(`failure ${++failures}`)),
    onError: () => {},
  });
  leaders.push(leader);
  leader.start();
  await eventually(async () => expect(failures).toBeGreaterThanOrEqual(2));
});
