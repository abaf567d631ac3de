import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestIssuer } from '../testing/test-issuer.js';
import { keysOf } from './issuer.js';
import { KeysUnavailable, SigningKeys, type SigningKeysOptions } from './signing-keys.js';
import { InvalidToken, TokenVerifier } from './token-verifier.js';

let issuer: TestIssuer;
let nowMs: number;
let failures: unknown[];

beforeEach(async () => {
  issuer = await TestIssuer.start();
  nowMs = 0;
  failures = [];
});
afterEach(() => issuer.stop());

function verifier(options: Partial<SigningKeysOptions> = {}): TokenVerifier {
  const keys = new SigningKeys({
    fetchKeys: keysOf({ issuer: issuer.url }),
    onError: (error) => failures.push(error),
    now: () => nowMs,
    ...options,
  });
  const { audience } = issuer;
  const [algorithms, customerClaim] = [['RS256'], 'customer_id'];
  return new TokenVerifier({ issuer: issuer.url, audience, algorithms, leewayMs: 0, customerClaim, keys });
}

const many = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));
const outcomeOf = (verified: Promise<unknown>) =>
  verified.then(
    () => 'in',
    (error: Error) => error.name,
  );

describe('keys that are rotated under load', () => {
  it('let in every token of the old key and the new one, at once, for one more question to the issuer', async () => {
    const { verify } = bound(verifier());
    const old = await issuer.token('a');
    await many(20, () => verify(old));
    await issuer.rotate({ keep: true });
    const fresh = await issuer.token('a');
    const outcomes = await Promise.all([
      ...Array.from({ length: 50 }, () => outcomeOf(verify(fresh))),
      ...Array.from({ length: 50 }, () => outcomeOf(verify(old))),
    ]);
    expect(new Set(outcomes)).toEqual(new Set(['in']));
    expect(issuer.asked).toBe(2);
  });

  it('are followed as often as they are rotated', async () => {
    const { verify } = bound(verifier());
    for (let turn = 0; turn < 5; turn += 1) {
      await issuer.rotate();
      expect(await outcomeOf(verify(await issuer.token('a')))).toBe('in');
    }
  });

  it('shut out a key that its issuer took back, once they are renewed', async () => {
    const { verify } = bound(verifier({ refreshAfterMs: 1_000 }));
    const old = await issuer.token('a');
    await verify(old);
    await issuer.rotate();
    await verify(await issuer.token('a'));
    expect(await outcomeOf(verify(old))).toBe('InvalidToken');
  });

  it('are not asked for again and again by keys that nobody has', async () => {
    const { verify } = bound(verifier());
    await verify(await issuer.token('a'));
    const madeUp = await many(40, () => issuer.token('a', { kid: `made-up-${Math.trunc(performance.now() * 1e3)}` }));
    const outcomes = await Promise.all(madeUp.map((token) => outcomeOf(verify(token))));
    expect(new Set(outcomes)).toEqual(new Set(['InvalidToken']));
    expect(issuer.asked).toBe(2);
    nowMs += 30_000;
    await outcomeOf(verify(madeUp[0] ?? ''));
    expect(issuer.asked).toBe(3);
  });
});

describe.each(['failing', 'silent'] as const)('while the issuer is %s', (how) => {
  it('known keys are used on, without waiting, and their renewal is tried in the background', async () => {
    const { verify } = bound(verifier({ refreshAfterMs: 1_000, cooldownMs: 0, timeoutMs: 200 }));
    const token = await issuer.token('a');
    await verify(token);
    issuer.leave(how);
    nowMs += 60_000;
    expect(new Set(await many(20, () => outcomeOf(verify(token))))).toEqual(new Set(['in']));
  });

  it('keys that are older than a day are trusted no more', async () => {
    const { verify } = bound(verifier({ timeoutMs: 200 }));
    const token = await issuer.token('a');
    await verify(token);
    issuer.leave(how);
    nowMs += 86_400_000;
    expect(await outcomeOf(verify(token))).toBe('in');
    nowMs += 1;
    await expect(verify(token)).rejects.toBeInstanceOf(KeysUnavailable);
    expect(failures.length).toBeGreaterThan(0);
    issuer.comeBack();
    expect(await outcomeOf(verify(token))).toBe('in');
  });

  it('a token of a new key is not let in, and those of known ones do not wait for it', async () => {
    const { verify } = bound(verifier({ timeoutMs: 200 }));
    const token = await issuer.token('a');
    await verify(token);
    await issuer.rotate();
    issuer.leave(how);
    const unknown = verify(await issuer.token('a'));
    const refused = expect(unknown).rejects.toBeInstanceOf(InvalidToken);
    expect(await outcomeOf(verify(token))).toBe('in');
    await refused;
  });
});

it('first keys are fetched once for all who wait for them', async () => {
  const { verify } = bound(verifier());
  const token = await issuer.token('a');
  expect(new Set(await many(50, () => outcomeOf(verify(token))))).toEqual(new Set(['in']));
  expect(issuer.asked).toBe(1);
});

function bound(of: TokenVerifier): Pick<TokenVerifier, 'verify'> {
  return { verify: (token) => of.verify(token) };
}
