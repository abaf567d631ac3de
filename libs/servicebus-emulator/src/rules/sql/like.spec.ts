import { describe, expect, it } from '@jest/globals';
import fc from '../../testing/fast-check.js';
import { FilterError } from '../errors.js';
import { compileLike } from './like.js';

/** LIKE as its definition reads, without any thought of speed. */
function reference(text: string, pattern: string): boolean {
  if (pattern === '') {
    return text === '';
  }
  const [first, rest] = [pattern.charAt(0), pattern.slice(1)];
  if (first === '%') {
    return reference(text, rest) || (text !== '' && reference(text.slice(1), pattern));
  }
  return text !== '' && (first === '_' || first === text.charAt(0)) && reference(text.slice(1), rest);
}

describe('LIKE', () => {
  it('agrees with its definition', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_'), maxLength: 8 });
    fc.assert(
      fc.property(text, pattern, (sample, like) => {
        expect(compileLike(like)(sample)).toBe(reference(sample, like));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes an escaped text literally, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '%', '_', '\\') }), fc.string(), (literal, other) => {
        const matches = compileLike(literal.replaceAll(/[%_\\]/g, String.raw`\$&`), '\\');
        expect(matches(literal)).toBe(true);
        expect(matches(other)).toBe(other === literal);
      }),
    );
  });

  it('takes no longer for a hostile pattern', () => {
    const matches = compileLike('%a'.repeat(400));
    expect(matches(`${'a'.repeat(20_000)}b`)).toBe(false);
  });

  it.each([
    ['ab\\', '\\', 'ends with its escape character'],
    ['a', '\\\\', 'ESCAPE takes one character'],
    ['a', '', 'ESCAPE takes one character'],
  ])('refuses pattern %j with escape %j', (pattern, escape, message) => {
    expect(() => compileLike(pattern, escape)).toThrow(FilterError);
    expect(() => compileLike(pattern, escape)).toThrow(message);
  });
});
