import { expect, it } from '@jest/globals';
import { createIds } from './create-ids.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('gives each id once, in the form of a uuid', () => {
  const newId = createIds();
  const ids = Array.from({ length: 1_000 }, newId);
  expect(new Set(ids).size).toBe(1_000);
  expect(ids.filter((id) => !UUID.test(id))).toEqual([]);
});

it('gives others after a restart', () => {
  const [before, after] = [createIds(), createIds()];
  const ids = new Set(Array.from({ length: 100 }, before));
  expect(Array.from({ length: 100 }, after).filter((id) => ids.has(id))).toEqual([]);
});
