import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { LinkedList, type Place } from './linked-list.js';

function setUp(...items: readonly string[]) {
  const list = new LinkedList<string>();
  return { list, places: items.map((item) => list.add(item)) };
}

it('keeps the order in which items came', () => {
  const { list, places } = setUp('a', 'b', 'c', 'd');
  for (const index of [1, 3, 0]) expect(list.remove(places[index] as Place<string>)).toBe(true);
  list.add('e');
  expect([[...list], list.size]).toEqual([['c', 'e'], 2]);
});

it('takes an item out once', () => {
  const { list, places } = setUp('a', 'b');
  const [first] = places as [Place<string>];
  list.remove(first);
  expect([list.remove(first), [...list], list.size]).toEqual([false, ['b'], 1]);
});

it('holds the same item at several places', () => {
  const { list, places } = setUp('a', 'a');
  list.remove(places[1] as Place<string>);
  expect([...list]).toEqual(['a']);
});

it('forgets everything', () => {
  const { list, places } = setUp('a', 'b', 'c');
  list.clear();
  expect([[...list], list.size, places.map((place) => list.remove(place))]).toEqual([[], 0, [false, false, false]]);
});

it('lets what was taken out point to nothing that stays', () => {
  const { list, places } = setUp('a', 'b', 'c');
  const middle = places[1] as Place<string>;
  list.remove(middle);
  expect([middle.previous, middle.next]).toEqual([undefined, undefined]);
});

it('keeps nothing alive that was taken out, also after a full collection', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
  const list = new LinkedList<object>();
  const inHand: Place<object>[] = [];
  const pass = (count: number): void => {
    for (let number = 0; number < count; number += 1) {
      inHand.push(list.add({ content: Array.from({ length: 1_000 }, () => number) }));
      if (inHand.length > 100) list.remove(inHand.shift() as Place<object>);
    }
  };
  pass(200);
  collect();
  const before = process.memoryUsage().heapUsed;
  // Some 20 MB.
  pass(2_500);
  collect({ type: 'minor' });
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000);
});
