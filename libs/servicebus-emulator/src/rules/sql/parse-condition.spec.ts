import { describe, expect, it } from '@jest/globals';
import fc from '../../testing/fast-check.js';
import { RuleSyntaxError } from '../errors.js';
import { condition } from '../testing/arbitrary-sql.js';
import { printCondition } from '../testing/print-sql.js';
import { parseCondition } from './parse-condition.js';

/** A tree without its offsets. */
function shape(node: unknown): unknown {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) => {
      if (key === 'offset') {
        return undefined;
      }
      return typeof value === 'bigint' ? `${value}n` : value;
    }),
  );
}

describe('the grammar of SQL filters', () => {
  it('reads back every condition that it can write', () => {
    fc.assert(
      fc.property(condition, (node) => {
        expect(shape(parseCondition(printCondition(node)))).toEqual(shape(node));
      }),
      { numRuns: 500 },
    );
  });

  it('either parses a text or says where it is wrong, whatever the text', () => {
    const words = [
      'a',
      'sys.Label',
      '(',
      ')',
      "'x'",
      '1',
      'NOT',
      'AND',
      'IN',
      'LIKE',
      'IS',
      'NULL',
      '=',
      '-',
      '@p',
      '[b',
    ];
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words)).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(text, (expression) => {
        try {
          expect(parseCondition(expression).kind).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(RuleSyntaxError);
          expect((error as RuleSyntaxError).offset).toBeLessThanOrEqual(expression.length);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a = 1 OR b = 2 AND c = 3', 'a = 1 OR (b = 2 AND c = 3)'],
    ['NOT a = 1 AND b = 2', '(NOT a = 1) AND b = 2'],
    ['a + 2 * b = 7', '(a + (2 * b)) = 7'],
    ['a - b - c = 0', '((a - b) - c) = 0'],
    ['- a * b > 0', '((- a) * b) > 0'],
    ['((a)) = 1', 'a = 1'],
    ['(a = 1)', 'a = 1'],
    ['a != 1', 'a <> 1'],
    ['user.a = 1', 'a = 1'],
    ['[a] = "b"', 'a = b'],
    ["p('a') = 1", "property('a') = 1"],
    ["a in (1) and b like 'x' or not exists(c)", "((a IN (1)) AND (b LIKE 'x')) OR (NOT EXISTS (c))"],
  ])('%s means %s', (written, meant) => {
    expect(shape(parseCondition(written))).toEqual(shape(parseCondition(meant)));
  });

  it.each([
    ['a =', 'Line 1, column 4: expected a property, a constant, a parameter, a function or "(" but found the end'],
    ['a', 'Line 1, column 2: expected a comparison (=, <>, <, <=, >, >=, IS, IN or LIKE) but found the end'],
    ['a = 1 b = 2', 'Line 1, column 7: expected AND, OR or the end but found "b"'],
    ['a = 1 AND\n  (b = 2', 'Line 2, column 9: expected AND, OR or ")" but found the end'],
    ['(a + 1 = 2', 'Line 1, column 11: expected AND, OR or ")" but found the end'],
    ['(a + 1 ; 2)', 'Line 1, column 8: expected an operator or ")" but found ";"'],
    ["a = 'x", "Line 1, column 5: this string is not closed: expected ' before the end"],
    ['[a = 1', 'Line 1, column 1: this property name is not closed: expected ] before the end'],
    ['[] = 1', 'Line 1, column 1: a property name cannot be empty'],
    ['a = #', 'Line 1, column 5: unexpected character "#"'],
    [
      'meta.a = 1',
      'Line 1, column 1: expected the scope sys or user before "." but found "meta"; write [meta.name] for a name with a dot',
    ],
    ['a IS 1', 'Line 1, column 6: expected NULL but found "1"'],
    ['1 IS NULL', 'Line 1, column 1: expected a property before IS NULL'],
    ['a NOT 1', 'Line 1, column 7: expected IN or LIKE after NOT but found "1"'],
    ['a IN ()', 'Line 1, column 7: expected a property, a constant, a parameter, a function or "(" but found ")"'],
    ['a IN (1', 'Line 1, column 8: expected "," or ")" but found the end'],
    ['now() = 1', 'Line 1, column 1: expected the function newid, property or p but found "now"'],
    ['EXISTS(1)', 'Line 1, column 8: expected a property name but found "1"'],
    [
      '(a = 1) = 2',
      'Line 1, column 2: expected a property, a constant, a parameter, a function or "(" but found a condition',
    ],
    [
      'a = like',
      'Line 1, column 5: expected a property, a constant, a parameter, a function or "(" but found the reserved word LIKE',
    ],
    [
      'a = 9223372036854775808',
      'Line 1, column 5: the integer 9223372036854775808 does not fit 64 bits; write 9223372036854775808.0 for a double',
    ],
    [`${'('.repeat(200)}a = 1`, 'Line 1, column 102: nested more than 100 levels deep'],
  ])('%s is refused', (expression, message) => {
    expect(() => parseCondition(expression)).toThrow(RuleSyntaxError);
    expect(() => parseCondition(expression)).toThrow(message);
  });
});
