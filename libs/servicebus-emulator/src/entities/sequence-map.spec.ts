import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SequenceMap } from './sequence-map.js';

describe('a sequence map', () => {
  const key = fc.nat({ max: 300 });
  const step = fc.record({ key, isSet: fc.boolean(), from: key });

  it('is a map in the order of its keys, whichever come and go', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new SequenceMap<number>();
        const model = new Map<number, number>();
        for (const [i, { key, isSet, from }] of steps.entries()) {
          if (isSet) map.set(key, i);
          else expect(map.delete(key)).toBe(model.has(key));
          if (isSet) model.set(key, i);
          else model.delete(key);
          const keys = [...model.keys()].sort((a, b) => a - b);
          expect([map.size, map.get(key), map.first()]).toEqual([model.size, model.get(key), model.get(keys[0] ?? -1)]);
          expect([...map.from(from)]).toEqual(keys.filter((one) => one >= from).map((one) => model.get(one)));
        }
      }),
    );
  });

  it('holds one value after the other, far apart or not', () => {
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        const map = new SequenceMap<number>();
        for (const one of keys) {
          map.set(one, one);
          expect([map.first(), map.get(one), ...map.from(0)]).toEqual([one, one, one]);
          expect([map.delete(one), map.first(), map.get(one), map.size]).toEqual([true, undefined, undefined, 0]);
        }
      }),
    );
  });
});
