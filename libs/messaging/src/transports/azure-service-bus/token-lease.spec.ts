import { describe, expect, it } from '@jest/globals';
import { leaseToken } from './token-lease.js';

const minute = 60_000;

describe('the lease of a token', () => {
  it.each([
    ['five minutes before its end', 60 * minute, 55 * minute],
    ['half-way through a short one', 4 * minute, 2 * minute],
    ['at once when it has ended', 0, 0],
  ])('moves on %s', async (_, lifetime, expected) => {
    const getToken = async (): Promise<{ token: string; expiresOnTimestamp: number }> => ({
      token: 't',
      expiresOnTimestamp: lifetime,
    });
    const lease = leaseToken({ getToken }, () => 0);
    expect(lease.replaceAt()).toBeUndefined();
    await lease.credential.getToken('scope');
    expect(lease.replaceAt()).toBe(expected);
  });

  it('keeps to the first token: what was renewed later may be the renewal that fails', async () => {
    let ends = 60 * minute;
    const getToken = async (): Promise<{ token: string; expiresOnTimestamp: number }> => ({
      token: 't',
      expiresOnTimestamp: ends,
    });
    const lease = leaseToken({ getToken }, () => 0);
    await lease.credential.getToken('scope');
    ends = 120 * minute;
    await lease.credential.getToken('scope');
    expect(lease.replaceAt()).toBe(55 * minute);
  });

  it('asks the credential for what it was asked for, and passes on that there is no token', async () => {
    const asked: unknown[] = [];
    const getToken = async (...args: unknown[]): Promise<null> => {
      asked.push(args);
      return null;
    };
    const lease = leaseToken({ getToken }, () => 0);
    const options = { tenantId: 'tenant' };
    expect(await lease.credential.getToken('scope', options)).toBeNull();
    expect(asked).toEqual([['scope', options]]);
    expect(lease.replaceAt()).toBeUndefined();
  });
});
