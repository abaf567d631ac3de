import { alternate } from './rounds.js';

it('begins each round with another kind, and leaves out what warms up', async () => {
  const order: string[] = [];
  const kind = (name: string) => async () => order.push(name);
  const results = await alternate(1, 2, [kind('a'), kind('b'), kind('c')]);
  expect(order.join('')).toBe('abcbcacab');
  // The place at which each ran, in both rounds that count.
  expect(results).toEqual([
    [6, 8],
    [4, 9],
    [5, 7],
  ]);
});
