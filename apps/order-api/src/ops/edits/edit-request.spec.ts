import { expect, it } from '@jest/globals';
import { pointerOf } from './edit-request.js';

it.each([
  ['', '#/body'],
  ['currency', '#/body/currency'],
  ['lines[0].sku', '#/body/lines/0/sku'],
  ['["a b"].c', '#/body/a%20b/c'],
  ['a["x/y~z"][10]', '#/body/a/x~1y~0z/10'],
  ['["quoted \\"\\""]', '#/body/quoted%20%22%22'],
])('points from %j into the request', (path, pointer) => {
  expect(pointerOf(path)).toBe(pointer);
});
