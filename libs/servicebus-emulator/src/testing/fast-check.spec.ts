import { expect, it } from '@jest/globals';
import fc from './fast-check.js';

it('draws the same from the same seed, property after property', () => {
  const drawn = () => {
    const values: unknown[] = [];
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(), (...value) => {
        values.push(value);
      }),
    );
    return values;
  };
  const first = drawn();
  expect(first.length).toBeGreaterThan(50);
  expect(drawn()).toEqual(first);
});
