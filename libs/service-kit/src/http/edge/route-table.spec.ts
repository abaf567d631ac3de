import { expect, it } from '@jest/globals';
import { RouteTable } from './route-table.js';

function tableOf(...routes: readonly (readonly [methods: string | readonly string[], url: string])[]): RouteTable {
  const table = new RouteTable();
  for (const [methods, url] of routes) table.add(methods, url);
  return table;
}

it('knows the methods of all routes that a path fits, the same each time it is asked', () => {
  const table = tableOf([['GET', 'HEAD'], '/orders/:id'], ['POST', '/orders/search']);
  for (let times = 0; times < 2; times += 1) {
    expect(table.find('/orders/search')?.methods).toEqual(['GET', 'HEAD', 'POST']);
    expect(table.find('/orders/search/')).toBeUndefined();
  }
});

it('finds a route for a path that it was asked for before the route was there', () => {
  const table = tableOf(['POST', '/orders']);
  expect(table.find('/orders')?.methods).toEqual(['POST']);
  table.add('GET', '/orders');
  table.add('PUT', '/:what');
  expect(table.find('/orders')?.methods).toEqual(['GET', 'POST', 'PUT']);
});

it("answers a path's own parameters, also after one that reads as the route does", () => {
  const table = tableOf(['GET', '/orders/:id']);
  for (const id of [':id', '1', '%C3%A4', ':id']) {
    expect([...(table.find(`/orders/${id}`)?.parameters ?? [])]).toEqual([['id', id]]);
  }
});
