import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DependencyAwayError, PermanentError } from '../errors.js';
import { assess, classify, type FailureKind, type FailureRule } from './classify.js';

class Mine extends Error {}

const kind = fc.constantFrom<FailureKind>('transient', 'permanent', 'dependency-away');
const error = fc.constantFrom<unknown>(
  new Mine('mine'),
  new PermanentError('C', 'never'),
  new DependencyAwayError('gateway', 'away', { retryAfterMs: 5 }),
  Object.assign(new Error('coded'), { code: 'C' }),
  undefined,
  null,
  'text',
);

describe('classify', () => {
  it('goes by the class of an error when no rule matches', () => {
    expect(classify([], new DependencyAwayError('gateway', 'away'))).toBe('dependency-away');
    expect(classify([], new PermanentError('C', 'never'))).toBe('permanent');
    for (const thrown of [new Error('boom'), undefined, null, 'text', 42]) {
      expect(classify([], thrown)).toBe('transient');
    }
  });

  it.each<[string, FailureRule['when'], unknown]>([
    ['a class', Mine, new Mine()],
    ['every error', Error, new Mine()],
    ['a code', { code: 'C' }, { code: 'C' }],
    ['a predicate', (thrown) => thrown === 'text', 'text'],
  ])('matches by %s', (_, when, thrown) => {
    expect(classify([{ when, is: 'permanent' }], thrown)).toBe('permanent');
    expect(classify([{ when, is: 'permanent' }], 42)).toBe('transient');
  });

  it('lets the first rule that matches win, whatever follows it and whatever the class says', () => {
    fc.assert(
      fc.property(error, kind, fc.array(kind), (thrown, first, others) => {
        const rules = [first, ...others].map((is): FailureRule => ({ when: () => true, is }));
        const never: FailureRule = { when: () => false, is: 'permanent' };
        expect(classify([never, ...rules], thrown)).toBe(first);
      }),
    );
  });

  it('says what is away, and how long it asked to be left alone', () => {
    const away = new DependencyAwayError('gateway', 'away', { retryAfterMs: 5 });
    expect(assess([], away)).toEqual({ kind: 'dependency-away', dependency: 'gateway', retryAfterMs: 5 });
    const rule: FailureRule = { when: Mine, is: 'dependency-away', dependency: 'database' };
    expect(assess([rule], new Mine())).toEqual({ kind: 'dependency-away', dependency: 'database' });
  });
});
