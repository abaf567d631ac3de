import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LinkedList } from './linked-list.js';

describe('a linked list', () => {
  it('holds what a set would, in its order, whatever is taken out, and however often', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 })), (removals) => {
        const list = new LinkedList<number>();
        const set = new Set<number>();
        const places = Array.from({ length: 10 }, (_, i) => list.add(set.add(i) && i));
        for (const [i, removal] of removals.entries()) {
          const place = places[removal % places.length];
          if (place) list.remove(place);
          set.delete(place?.item ?? -1);
          if (removal % 3 === 0) places.push(list.add(set.add(10 + i) && 10 + i));
          expect([list.size, list.first, ...list]).toEqual([set.size, [...set][0], ...set]);
        }
      }),
    );
  });
});
