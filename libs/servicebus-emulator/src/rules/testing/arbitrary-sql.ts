import fc from 'fast-check';
import type { Expression, Predicate, PropertyNode } from '../sql/ast.js';

const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text.trim() !== '');

const property: fc.Arbitrary<PropertyNode> = fc.record({
  kind: fc.constant('property' as const),
  scope: fc.constantFrom('sys' as const, 'user' as const),
  name,
  offset: fc.constant(0),
});

const constant = fc
  .oneof(
    fc.string({ maxLength: 8 }),
    fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  )
  .map((value): Expression => ({ kind: 'constant', value, offset: 0 }));

const leaf: fc.Arbitrary<Expression> = fc.oneof(
  property,
  constant,
  fc.constant<Expression>({ kind: 'newid', offset: 0 }),
  fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/).map((text): Expression => ({ kind: 'parameter', name: text, offset: 0 })),
);

const { value } = fc.letrec<{ value: Expression }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    tie('value').map((operand): Expression => ({ kind: 'named', name: operand, offset: 0 })),
    fc
      .record({ operator: fc.constantFrom('+' as const, '-' as const), operand: tie('value') })
      // A minus before a whole number is part of the number.
      .filter(({ operator, operand }) => !(operator === '-' && isInteger(operand)))
      .map((parts): Expression => ({ kind: 'sign', ...parts, offset: 0 })),
    fc
      .record({
        operator: fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const, '%' as const),
        left: tie('value'),
        right: tie('value'),
      })
      .map((parts): Expression => ({ kind: 'arithmetic', ...parts, offset: 0 })),
  ),
}));

/** Any condition that the grammar can say. */
export const { condition } = fc.letrec<{ condition: Predicate }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc
      .record({
        operator: fc.constantFrom(
          '=' as const,
          '<>' as const,
          '<' as const,
          '<=' as const,
          '>' as const,
          '>=' as const,
        ),
        left: value,
        right: value,
      })
      .map((parts): Predicate => ({ kind: 'comparison', ...parts, offset: 0 })),
    property.map((found): Predicate => ({ kind: 'exists', property: found, offset: 0 })),
    fc
      .record({ operand: property, negated: fc.boolean() })
      .map((parts): Predicate => ({ kind: 'is-null', ...parts, offset: 0 })),
    fc
      .record({ operand: value, candidates: fc.array(value, { minLength: 1, maxLength: 3 }), negated: fc.boolean() })
      .map((parts): Predicate => ({ kind: 'in', ...parts, offset: 0 })),
    fc
      .record(
        { operand: value, pattern: value, escape: value, negated: fc.boolean() },
        { requiredKeys: ['operand', 'pattern', 'negated'] },
      )
      .map((parts): Predicate => ({ kind: 'like', ...parts, offset: 0 })),
    tie('condition').map((operand): Predicate => ({ kind: 'not', operand, offset: 0 })),
    fc
      .record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        operands: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
      })
      .map((parts): Predicate => ({ ...parts, offset: 0 })),
  ),
}));

function isInteger(node: Expression): boolean {
  return node.kind === 'constant' && typeof node.value === 'bigint';
}
