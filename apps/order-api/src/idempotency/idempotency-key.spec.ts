import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { clientScope, fingerprintOf, parseIdempotencyKey } from './idempotency-key.js';

describe('parseIdempotencyKey', () => {
  it.each([
    ['a structured field string', '"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['the same without quotes', '8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['spaces around it', '  "a" ', 'a'],
    ['spaces inside quotes', '"order of monday"', 'order of monday'],
    ['escapes', String.raw`"a\"b\\c"`, String.raw`a"b\c`],
    ['the longest', 'k'.repeat(255), 'k'.repeat(255)],
  ])('reads %s', (_, header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  it.each([
    ['nothing', ''],
    ['an empty string', '""'],
    ['an open quote', '"abc'],
    ['a bad escape', String.raw`"a\b"`],
    ['spaces without quotes', 'a b'],
    ['two of them', 'a, b'],
    ['letters beyond ASCII', 'clé'],
    ['control characters', '"a\tb"'],
    ['one that is too long', 'k'.repeat(256)],
  ])('refuses %s', (_, header) => {
    expect(parseIdempotencyKey(header)).toBeUndefined();
  });
});

describe('clientScope', () => {
  it('is the client that was named, whoever the bearer', () => {
    expect(clientScope({ 'x-client-id': 'shop-1', authorization: 'Bearer one' })).toBe('client:shop-1');
    expect(clientScope({ 'x-client-id': 'shop-1', authorization: 'Bearer two' })).toBe('client:shop-1');
  });

  it('is the holder of the authorization otherwise, without keeping it in clear', () => {
    const scope = clientScope({ authorization: 'Bearer secret' });
    expect(scope).toMatch(/^authorization:[\w-]{43}$/);
    expect(clientScope({ authorization: 'Bearer other' })).not.toBe(scope);
  });

  it('is shared by everybody who says nothing', () => {
    expect(clientScope({})).toBe('anonymous');
    expect(clientScope({ 'x-client-id': ' ' })).toBe('anonymous');
  });

  it('cannot be imitated by a name', () => {
    expect(clientScope({ 'x-client-id': 'anonymous' })).not.toBe(clientScope({}));
  });

  it('stays short', () => {
    expect(clientScope({ 'x-client-id': 'c'.repeat(5_000) }).length).toBeLessThan(100);
  });
});

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
  ])('distinguishes %j from %j', (one, other) => {
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(other));
  });
});
