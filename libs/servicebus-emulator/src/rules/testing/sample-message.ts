import type { FilterInput, NewId, SystemProperty } from '../filter-input.js';
import type { FilterValue } from '../filter-value.js';

/** A message for tests of rules. */
export function sampleMessage(
  properties: Readonly<Record<string, FilterValue>> = {},
  system: Partial<Readonly<Record<SystemProperty, FilterValue>>> = {},
): FilterInput {
  return { system: (property) => system[property] ?? null, properties: new Map(Object.entries(properties)) };
}

/** Fails the test that asks for randomness without saying so. */
export const noNewId: NewId = () => {
  throw new Error('this rule must not ask for a new id');
};
