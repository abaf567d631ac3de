import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fingerprintOf } from './fingerprint.js';

describe('fingerprintOf', () => {
  it('does not depend on the order of fields', () => {
    expect(fingerprintOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(fingerprintOf({ b: { d: null, c: [1, 2] }, a: 1 }));
  });

  it('does not depend on how the JSON was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const rewritten: unknown = JSON.parse(JSON.stringify(body, null, 4));
        return fingerprintOf(rewritten) === fingerprintOf(JSON.parse(JSON.stringify(body)));
      }),
    );
  });

  it.each([
    [{ a: 1 }, { a: '1' }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ a: null }, {}],
    [{ a: 'b,c' }, { a: 'b', c: '' }],
  ])('tells %j from %j', (one, other) => {
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(other));
  });
});
