import { describe, expect, it } from '@jest/globals';
import { parseIdempotencyKey } from './idempotency-key.js';

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
