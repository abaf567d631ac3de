import { describe, expect, it } from '@jest/globals';
import { trackToken } from './tracked-credential.js';

const minute = 60_000;

describe('a tracked credential', () => {
  it.each([
    ['five minutes before its end', 60 * minute, 55 * minute],
    ['half-way through a short one', 4 * minute, 2 * minute],
    ['at once when it has ended', 0, 0],
  ])('moves on %s', async (_, lifetime, expected) => {
    const getToken = async (): Promise<{ token: string; expiresOnTimestamp: number }> => ({
      token: 't',
      expiresOnTimestamp: lifetime,
    });
    const tracked = trackToken({ getToken }, () => 0);
    expect(tracked.replaceAt()).toBeUndefined();
    await tracked.credential.getToken('scope');
    expect(tracked.replaceAt()).toBe(expected);
  });

  it('keeps to the first token: what was renewed later may be the renewal that fails', async () => {
    let ends = 60 * minute;
    const getToken = async (): Promise<{ token: string; expiresOnTimestamp: number }> => ({
      token: 't',
      expiresOnTimestamp: ends,
    });
    const tracked = trackToken({ getToken }, () => 0);
    await tracked.credential.getToken('scope');
    ends = 120 * minute;
    await tracked.credential.getToken('scope');
    expect(tracked.replaceAt()).toBe(55 * minute);
  });

  it('asks the credential for what it was asked for, and passes on that there is no token', async () => {
    const asked: unknown[] = [];
    const getToken = async (...args: unknown[]): Promise<null> => {
      asked.push(args);
      return null;
    };
    const tracked = trackToken({ getToken }, () => 0);
    const options = { tenantId: 'tenant' };
    expect(await tracked.credential.getToken('scope', options)).toBeNull();
    expect(asked).toEqual([['scope', options]]);
    expect(tracked.replaceAt()).toBeUndefined();
  });
});
