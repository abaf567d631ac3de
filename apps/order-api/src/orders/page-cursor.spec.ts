import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromCursor, toCursor } from './page-cursor.js';

describe('a page cursor', () => {
  it('names the position it was made of', () => {
    const position = fc.record({
      createdAt: fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
      id: fc.stringMatching(/^[A-Za-z0-9._:-]{1,100}$/),
    });
    fc.assert(fc.property(position, (at) => expect(fromCursor(toCursor(at))).toEqual(at)));
  });

  it('is safe in a URL', () => {
    expect(toCursor({ createdAt: new Date('2026-01-31T12:00:00.000Z'), id: 'order:1' })).toMatch(/^[\w-]+$/);
  });

  it.each([
    ['an empty text', ''],
    ['what is not JSON', encoded('order')],
    ['another shape', encoded('{"id":"1"}')],
    ['a time that is none', encoded('["today","1"]')],
    ['a time beyond all calendars', encoded('[1e300,"1"]')],
    ['an id that cannot be one', encoded('[0,"a\\u0000b"]')],
  ])('is not read from %s', (_, cursor) => {
    expect(fromCursor(cursor)).toBeUndefined();
  });

  it('is read from nothing but what was written', () => {
    fc.assert(fc.property(fc.string(), (text) => fromCursor(text) === undefined));
  });
});

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
