import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMessagingDatabase, type MessagingDatabase } from '../../test/messaging-database.js';
import { BUCKETS } from '../outbox/bucket.js';
import { BucketLeases, type Lease } from './bucket-leases.js';

const minute = 60_000;
let database: MessagingDatabase;

beforeAll(async () => {
  database = await createMessagingDatabase();
});

beforeEach(() => database.clear());

afterAll(() => database.drop());

const relay = (name: string): BucketLeases => new BucketLeases(database.pool, name, minute);
const buckets = (leases: readonly Lease[]): number[] => leases.map(({ bucket }) => bucket);
const all = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

/** Bucket by bucket, who holds it. */
const holders = async (): Promise<(string | null)[]> =>
  (
    await database.pool.query<{ leased_by: string | null }>('SELECT leased_by FROM outbox_buckets ORDER BY bucket')
  ).rows.map(({ leased_by }) => leased_by);

/** Ends the leases of a relay as if it had died. */
async function expire(name: string): Promise<void> {
  await database.pool.query("UPDATE outbox_buckets SET leased_until = now() - interval '1 ms' WHERE leased_by = $1", [
    name,
  ]);
  await database.pool.query("UPDATE outbox_relays SET seen_until = now() - interval '1 ms' WHERE id = $1", [name]);
}

describe('the leases of buckets', () => {
  it('are all of a relay that is alone, with the same tokens for as long as it renews them', async () => {
    const one = relay('one');
    const first = await one.renew();
    expect([buckets(first.kept), first.surplus]).toEqual([all, []]);
    expect(await one.renew()).toEqual(first);
  });

  it('are not taken while they last; a new token marks the change of hands', async () => {
    const [one, two] = [relay('one'), relay('two')];
    const before = await one.take(BUCKETS);
    expect(await two.take(BUCKETS)).toEqual([]);
    await expire('one');
    const after = await two.take(BUCKETS);
    expect(buckets(after)).toEqual(all);
    for (const { bucket, token } of after) expect(Number(token)).toBe(Number(before[bucket]?.token) + 1);
  });

  it('are taken up to a number, those first that have been free for longest', async () => {
    await database.pool.query(
      "UPDATE outbox_buckets SET leased_by = 'dead', leased_until = now() - bucket * interval '1 s'",
    );
    expect(buckets(await relay('one').take(3))).toEqual([13, 14, 15]);
  });

  it('are taken by one only, of many who ask at the same time', async () => {
    const taken = await Promise.all(['one', 'two', 'three', 'four'].map((name) => relay(name).take(6)));
    expect(taken.flatMap(buckets).sort((a, b) => a - b)).toEqual(all);
  });

  it.each([
    [1, 16],
    [2, 8],
    [3, 6],
    [5, 4],
    [16, 1],
    [17, 1],
  ])('are shared by %d relays so that each has %d at most and none is left over', async (count, share) => {
    const relays = Array.from({ length: count }, (_, index) => relay(`relay-${index}`));
    for (let round = 0; round < 2; round += 1) {
      for (const one of relays) {
        const { surplus } = await one.renew();
        await one.release(surplus);
      }
    }
    for (const one of relays) {
      const { kept, surplus } = await one.renew();
      expect(kept.length).toBeLessThanOrEqual(share);
      expect(surplus).toEqual([]);
    }
    expect(await holders()).not.toContain(null);
  });

  it('are taken up to the share, those included that a relay has already', async () => {
    await database.pool.query("INSERT INTO outbox_relays VALUES ('other', now() + interval '1 minute')");
    const one = relay('one');
    await one.take(3);
    expect((await one.renew()).kept).toHaveLength(BUCKETS / 2);
  });

  it('are not kept back for a relay that died', async () => {
    const [one, two] = [relay('one'), relay('two')];
    await two.renew();
    await expire('two');
    expect(buckets((await one.renew()).kept)).toEqual(all);
    expect((await database.pool.query('SELECT id FROM outbox_relays')).rows).toEqual([{ id: 'one' }]);
  });

  it('above its share stay with a relay until it gives them up', async () => {
    const [one, two] = [relay('one'), relay('two')];
    await one.renew();
    expect((await two.renew()).kept).toEqual([]);
    const { kept, surplus } = await one.renew();
    expect([buckets(kept), buckets(surplus)]).toEqual([all.slice(0, 8), all.slice(8)]);
    expect((await two.renew()).kept).toEqual([]);
    await one.release(surplus);
    expect(buckets((await two.renew()).kept)).toEqual(all.slice(8));
  });

  it('of others are neither released nor left by a relay that is late', async () => {
    const [late, heir] = [relay('late'), relay('heir')];
    const lost = await late.take(BUCKETS);
    await expire('late');
    await heir.take(BUCKETS);
    await late.release(lost);
    await late.leave();
    expect(new Set(await holders())).toEqual(new Set(['heir']));
  });

  it('are free at once when their relay leaves, which is then forgotten', async () => {
    const [one, two] = [relay('one'), relay('two')];
    await one.renew();
    await two.renew();
    await one.leave();
    expect(buckets((await two.renew()).kept)).toEqual(all);
  });
});
