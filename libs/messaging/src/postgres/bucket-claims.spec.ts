import { describe, expect, it } from '@jest/globals';
import { outgoing } from '../testing/outgoing.js';
import { BucketClaims } from './bucket-claims.js';
import type { Lease } from './bucket-leases.js';
import type { ReadRows } from './outbox-read.js';

const leases: readonly Lease[] = [0, 1, 2, 3].map((bucket) => ({ bucket, token: '1' }));
const bucketsOf = (some: readonly Lease[]): readonly number[] => some.map(({ bucket }) => bucket);

/** A read that finds a row in each of these buckets. */
const found = (...buckets: readonly number[]): ReadRows => ({
  rows: buckets.map((bucket) => ({ id: '1', bucket, attempts: 0, outgoing: outgoing('m') })),
  more: true,
  passedHeld: false,
});

/** Claims, and says what was free to read. */
async function claim(claims: BucketClaims, ...buckets: readonly number[]) {
  let free: readonly number[] | undefined;
  const claimed = await claims.claim(leases, async (some) => {
    free = bucketsOf(some);
    return found(...buckets);
  });
  return { free, claimed };
}

describe('the claims of a destination', () => {
  it('leave a batch the buckets it found something in, those of held keys too, and free the others', async () => {
    const claims = new BucketClaims();
    const first = await claim(claims, 0, 2 - 16);
    expect(first.free).toEqual([0, 1, 2, 3]);
    expect(bucketsOf(first.claimed?.leases ?? [])).toEqual([0, 2]);
    const second = await claim(claims, 1);
    expect(second.free).toEqual([1, 3]);
    first.claimed?.release();
    expect((await claim(claims)).free).toEqual([0, 2, 3]);
  });

  it('do not read where nothing is free', async () => {
    const claims = new BucketClaims();
    await claim(claims, 0, 1, 2, 3);
    expect(await claim(claims, 0)).toEqual({ free: undefined, claimed: undefined });
  });

  it('read one after the other, since a read has all that is free', async () => {
    const claims = new BucketClaims();
    const { promise: reading, resolve: end } = Promise.withResolvers<ReadRows>();
    const first = claims.claim(leases, () => reading);
    const second = claim(claims, 1);
    end(found(0));
    await first;
    expect((await second).free).toEqual([1, 2, 3]);
  });

  it('claim nothing when the read fails', async () => {
    const claims = new BucketClaims();
    await expect(claims.claim(leases, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect((await claim(claims, 0)).free).toEqual([0, 1, 2, 3]);
  });
});
