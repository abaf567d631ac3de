import { expect, it } from '@jest/globals';
import type { DeadLetter } from './dead-letters.js';
import { resolveSelection } from './selection.js';

const at = (place: string): DeadLetter => ({
  ...{ id: place, place, type: 't', version: 1, reason: '', detail: '', enqueuedAt: new Date(0) },
  ...{ attempt: 1, generation: 0, size: 0, preview: '' },
});

it.each([
  ['all', {}, Infinity],
  ['so many', { limit: 3 }, 3],
  ['these places, behind the last of which is nothing to look for', { places: new Set(['1', '2']) }, 2],
  ['so many of these places', { limit: 1, places: new Set(['1', '2']) }, 1],
])('chooses %s', (_, options, limit) => {
  expect(resolveSelection(options).limit).toBe(limit);
});

it('knows which of its places it was not asked about, whether or not they met its filter', () => {
  const { isChosen, missing } = resolveSelection({ places: new Set(['1', '2', '3']), filter: ({ id }) => id === '1' });
  expect(['1', '2', '9'].map((place) => isChosen(at(place)))).toEqual([true, false, false]);
  expect(missing()).toBe(1);
});
