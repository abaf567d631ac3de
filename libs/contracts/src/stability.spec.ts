import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createCatalogue } from './index.js';

/** One file a contract and version: the bytes as they were on the wire when the contract was published. */
const fixtures = new URL('../fixtures/', import.meta.url);
const golden = (name: string) => readFileSync(new URL(`${name}.json`, fixtures), 'utf8');

const catalogue = createCatalogue({ defaultCurrency: 'EUR' });
const named = catalogue.map((contract) => ({ contract, name: `${contract.type}.v${contract.version}` }));

describe('what is on the wire already', () => {
  it.each(named)('$name can still be read', ({ contract, name }) => {
    expect(contract.parse(JSON.parse(golden(name)))).toEqual(JSON.parse(golden(name)));
  });

  it.each(named.filter(({ contract }) => contract.version > 0))('$name is still written so', ({ contract, name }) => {
    expect(JSON.stringify(contract.parse(reversed(JSON.parse(golden(name)))))).toBe(golden(name));
  });

  it.each([
    { from: 'order.v0', to: 'order.v0.upcast' },
    { from: 'user.signup.v0', to: 'user.signup.v1' },
    { from: 'purchase.v0', to: 'purchase.v1' },
  ])('$from is still understood as $to', ({ from, to }) => {
    const contract = named.find(({ name }) => name === from)?.contract;
    const converted = contract?.upcast?.convert(contract.parse(JSON.parse(golden(from))));
    expect(JSON.stringify(contract?.upcast?.to.parse(converted))).toBe(golden(to));
  });

  it('has a fixture for every contract and none without one', () => {
    const files = readdirSync(fixtures).map((file) => file.replace(/\.json$/, ''));
    expect(files.sort()).toEqual([...named.map(({ name }) => name), 'order.v0.upcast'].sort());
  });
});

/** The same value with its fields written in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reversed(field)]),
  );
}
