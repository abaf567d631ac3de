import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Contract, ContractViolation, createCatalogue } from './index.js';
import { isStorableText, storableText } from './storable-text.js';

const fixture = ({ type, version }: Contract<unknown>): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/${type}.v${version}.json`, import.meta.url), 'utf8'));

interface Leaf {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** Every value in it that is no object or list. */
function leavesOf(value: unknown, path: Leaf['path'] = []): Leaf[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.flatMap((key) => leavesOf((value as Record<string | number, unknown>)[key], [...path, key]));
}

function withLeaf(value: unknown, [key, ...rest]: Leaf['path'], leaf: unknown): unknown {
  if (key === undefined) return leaf;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = withLeaf(copy[key], rest, leaf);
  return copy;
}

const inBrackets = (path: Leaf['path']) =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');

/** Every place of every contract, with the value that its fixture has there. */
const places = createCatalogue({ defaultCurrency: 'EUR' }).flatMap((contract) =>
  leavesOf(fixture(contract)).map((leaf) => ({
    contract,
    ...leaf,
    name: `${contract.type} version ${contract.version}: ${inBrackets(leaf.path)}`,
  })),
);
const texts = places.filter(({ value }) => typeof value === 'string');
const instants = texts.filter(({ value }) => /^\d{4}-/.test(String(value)));
const numbers = places.filter(({ value }) => typeof value === 'number');

/** The places that the contract finds fault with when one of them has another value. */
function refusedAt({ contract, path }: (typeof places)[number], leaf: unknown): readonly string[] {
  try {
    contract.parse(withLeaf(fixture(contract), path, leaf));
    return [];
  } catch (error) {
    if (error instanceof ContractViolation) return error.problems.map((problem) => problem.path);
    throw error;
  }
}

describe('what no database here can store', () => {
  it('is looked for in every field there is', () => {
    expect(texts.length).toBeGreaterThan(50);
    expect(instants.length).toBeGreaterThan(15);
    expect(numbers.length).toBeGreaterThan(20);
  });

  it.each(texts)('is refused as a text of $name', (place) => {
    for (const unstorable of ['a\0b', '\ud800', 'a\udc00b']) {
      expect(refusedAt(place, unstorable)).toContain(inBrackets(place.path));
    }
    expect(refusedAt(place, 'x'.repeat(501))).toContain(inBrackets(place.path));
  });

  it.each(instants)('is refused as a time of $name', (place) => {
    const odd = ['0000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '2026-02-30T00:00:00Z', '+010000-01-01T00:00:00Z'];
    for (const instant of [...odd, `2026-01-01T00:00:00.${'0'.repeat(10)}Z`]) {
      expect(refusedAt(place, instant)).toContain(inBrackets(place.path));
    }
    expect(refusedAt(place, '9999-12-31T23:59:59.999999999Z')).toEqual([]);
  });

  it.each(numbers)('is refused as a number of $name', (place) => {
    const { contract, path } = place;
    const inMajorUnits = contract.version === 0;
    for (const number of inMajorUnits ? [-1, Number.POSITIVE_INFINITY, Number.NaN] : [2 ** 53, -(2 ** 53), 1.5]) {
      expect(refusedAt(place, number)).toContain(inBrackets(path));
    }
    if (path.at(-1) === 'attempt') expect(refusedAt(place, 2 ** 31)).toEqual(['cause.attempt']);
  });
});

describe('a text made storable', () => {
  it.each([
    ['declined', 'declined'],
    ['a\0b', 'a\ufffdb'],
    ['\ud800', '\ufffd'],
    ['0123456789', '0123456789'],
    ['0123456789a', '012345678…'],
    ['01234567😀a', '01234567…'],
    ['0123456😀ab', '0123456😀…'],
    ['', ''],
  ])('%j is %j', (text, stored) => expect(storableText(text, 10)).toBe(stored));

  it('can be stored and is within its limit, whatever it was', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\0', '\ud83d', '\ude00', '😀', 'é'), maxLength: 40 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 30 }), (written, limit) => {
        const stored = storableText(written, limit);
        expect(isStorableText(stored)).toBe(true);
        expect(stored.length).toBeLessThanOrEqual(limit);
        if (isStorableText(written) && written.length <= limit) expect(stored).toBe(written);
      }),
    );
  });
});
