import { describe, expect, it } from '@jest/globals';
import fc from '../testing/fast-check.js';
import { compileFilter } from './compile-filter.js';
import { FilterError, RuleSyntaxError } from './errors.js';
import type { FilterInput, SystemProperty } from './filter-input.js';
import { type FilterValue, Timespan } from './filter-value.js';
import { noNewId, sampleMessage } from './testing/sample-message.js';

const message = sampleMessage(
  {
    color: 'red',
    quantity: 5n,
    weight: 2.5,
    urgent: true,
    gone: null,
    Mixed: 'Case',
    'with space': 1n,
    at: new Date('2026-01-01T00:00:00Z'),
    percent: '100%',
  },
  { subject: 'order.placed', messageId: 'm-1', deliveryCount: 2n, timeToLive: new Timespan(60_000) },
);

function matches(expression: string, input: FilterInput = message): boolean {
  return compileFilter({ kind: 'sql', expression })(input, noNewId);
}

describe('SQL filters', () => {
  it.each([
    // Comparisons and conversions
    "color = 'red'",
    "color <> 'RED'",
    "color != 'blue'",
    "color < 'redder'",
    'quantity = 5',
    'quantity = 5.0',
    'quantity >= 5 AND quantity <= 5',
    'weight > quantity - 3',
    'urgent = TRUE',
    'urgent <> false',
    'quantity = -(-5)',
    '-9223372036854775808 < 0',
    'weight = 0.25E1',
    'at = at',
    // Names
    "mixed = 'Case'",
    "USER.MIXED = 'Case'",
    '[with space] = 1',
    '"with space" = 1',
    "sys.Label = 'order.placed'",
    "sys.subject = 'order.placed'",
    "SYS.messageid = 'm-1'",
    'sys.DeliveryCount = 2',
    // Missing and null
    'missing IS NULL',
    'gone IS NULL',
    'color IS NOT NULL',
    'sys.To IS NULL',
    'EXISTS(gone)',
    'EXISTS(COLOR)',
    'NOT EXISTS(missing)',
    'EXISTS(sys.Label)',
    'NOT EXISTS(sys.To)',
    "missing = 'x' OR color = 'red'",
    // IN
    "color IN ('blue', 'red')",
    "color NOT IN ('blue', 'green')",
    'quantity IN (1, 2 + 3)',
    'quantity IN (missing, 5)',
    // LIKE
    "color LIKE 'r%'",
    "color NOT LIKE 'R%'",
    "sys.Label LIKE 'order._laced'",
    "percent LIKE '100!%' ESCAPE '!'",
    'color LIKE color',
    // Arithmetic
    'quantity / 2 = 2',
    'quantity / 2.0 = 2.5',
    'quantity % 3 = 2',
    '9223372036854775807 + 1 = -9223372036854775808',
    "color + '-' + quantity = 'red-5'",
    'at - at = at - at',
    // Functions
    "property('color') = 'red'",
    "p('co' + 'lor') = 'red'",
    "p('sys.Label') = 'order.placed'",
  ])('%s takes the message', (expression) => {
    expect(matches(expression)).toBe(true);
  });

  it.each([
    "color = 'RED'",
    "color = 'blue'",
    'quantity > 5',
    'urgent = FALSE',
    // Unknown is not true, and its negation is not either.
    'missing = 1',
    'NOT missing = 1',
    'missing <> 1',
    'gone = NULL',
    'color = NULL',
    'missing + 1 = 1',
    '-missing = 1',
    "missing LIKE '%'",
    "missing NOT LIKE '%'",
    'color LIKE missing',
    'color LIKE color ESCAPE missing',
    'missing IN (1)',
    'missing NOT IN (1)',
    'quantity NOT IN (missing, 1)',
    "missing = 1 AND color = 'red'",
    'property(missing) = 1',
    "color IN ('blue')",
    'EXISTS(missing)',
  ])('%s does not take the message', (expression) => {
    expect(matches(expression)).toBe(false);
  });

  it.each([
    ['sys.Nonsense = 1', 'there is no system property "Nonsense"'],
    ['sys.Nonsense IS NULL', 'there is no system property "Nonsense"'],
    ['EXISTS(sys.Nonsense)', 'there is no system property "Nonsense"'],
    ["p('sys.Nonsense') = 1", 'there is no system property "Nonsense"'],
    ['color > 1', 'the operator > does not apply to String and Int64'],
    ['urgent > FALSE', 'the operator > does not apply to Boolean and Boolean'],
    ['urgent + 1 = 2', 'the operator + does not apply to Boolean and Int64'],
    ['color * 2 = 2', 'the operator * does not apply to String and Int64'],
    ['-color = 1', 'the sign - does not apply to String'],
    ['quantity / 0 = 1', 'an integer cannot be divided by zero'],
    ["quantity LIKE '5'", 'LIKE takes a String, not Int64'],
    ["color LIKE color ESCAPE 'ab'", 'ESCAPE takes one character'],
    ['p(1) = 1', 'property() takes a String, not Int64'],
  ])('%s fails on the message', (expression, problem) => {
    expect(() => matches(expression)).toThrow(FilterError);
    expect(() => matches(expression)).toThrow(problem);
  });

  it('takes parameters, with or without their sign', () => {
    const filter = compileFilter({
      kind: 'sql',
      expression: 'quantity >= @least AND sys.TimeToLive <= @longest AND at > @since',
      parameters: { '@least': 5n, longest: new Timespan(60_000), '@since': new Date('2025-01-01T00:00:00Z') },
    });
    expect(filter(message, noNewId)).toBe(true);
  });

  it('asks the caller for a new id', () => {
    const filter = compileFilter({ kind: 'sql', expression: "newid() = 'chosen'" });
    expect(filter(message, () => 'chosen')).toBe(true);
  });

  it.each([
    ['', 'Line 1, column 1: the expression is empty'],
    [`a = '${'x'.repeat(1024)}'`, 'Line 1, column 1025: longer than 1024 characters (it has 1030)'],
    ['a = 1 AND b = @b', 'Line 1, column 15: the rule gives no value for the parameter @b'],
    ["a LIKE 'x!' ESCAPE '!'", 'Line 1, column 8: the LIKE pattern "x!" ends with its escape character'],
    ['a LIKE 1', 'Line 1, column 8: a LIKE pattern takes a String, not Int64'],
  ])('refuses %j when it is compiled', (expression, problem) => {
    expect(() => compileFilter({ kind: 'sql', expression })).toThrow(RuleSyntaxError);
    expect(() => compileFilter({ kind: 'sql', expression })).toThrow(problem);
  });

  it('does not read application properties that it does not need', () => {
    const input: FilterInput = {
      system: (property: SystemProperty) => (property === 'subject' ? 'x' : null),
      get properties(): ReadonlyMap<string, FilterValue> {
        throw new Error('nothing here needs application properties');
      },
    };
    expect(matches("sys.Label = 'x'", input)).toBe(true);
    expect(compileFilter({ kind: 'true' })(input, noNewId)).toBe(true);
    expect(compileFilter({ kind: 'correlation', subject: 'x' })(input, noNewId)).toBe(true);
  });
});

describe('three-valued logic', () => {
  const input = sampleMessage({ t: true, f: false });
  // Each atom is true, false or unknown on the input.
  const atom = fc.constantFrom('t = TRUE', 'f = TRUE', 'u = TRUE');
  const { term } = fc.letrec<{ term: string }>((tie) => ({
    term: fc.oneof(
      { maxDepth: 3 },
      atom,
      tie('term').map((inner) => `NOT (${inner})`),
      fc
        .tuple(tie('term'), fc.constantFrom('AND', 'OR'), tie('term'))
        .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    ),
  }));
  const truth = (expression: string) => {
    const isTrue = matches(expression, input);
    const isFalse = matches(`NOT (${expression})`, input);
    expect(isTrue && isFalse).toBe(false);
    return isTrue ? 'true' : isFalse ? 'false' : 'unknown';
  };

  it.each([
    ['t = TRUE', 't = TRUE', 'true', 'true'],
    ['t = TRUE', 'f = TRUE', 'false', 'true'],
    ['t = TRUE', 'u = TRUE', 'unknown', 'true'],
    ['f = TRUE', 'f = TRUE', 'false', 'false'],
    ['f = TRUE', 'u = TRUE', 'false', 'unknown'],
    ['u = TRUE', 'u = TRUE', 'unknown', 'unknown'],
  ])('%s, %s: AND is %s%s', (left, right, and, or) => {
    expect([truth(`${left} AND ${right}`), truth(`${right} AND ${left}`)]).toEqual([and, and]);
    expect([truth(`${left} OR ${right}`), truth(`${right} OR ${left}`)]).toEqual([or, or]);
  });

  it('keeps the laws of De Morgan and double negation', () => {
    fc.assert(
      fc.property(term, term, (a, b) => {
        expect(truth(`NOT ((${a}) AND (${b}))`)).toBe(truth(`(NOT (${a})) OR (NOT (${b}))`));
        expect(truth(`NOT ((${a}) OR (${b}))`)).toBe(truth(`(NOT (${a})) AND (NOT (${b}))`));
        expect(truth(`NOT (NOT (${a}))`)).toBe(truth(a));
      }),
    );
  });

  it('distributes AND over OR', () => {
    fc.assert(
      fc.property(term, atom, atom, (a, b, c) => {
        expect(truth(`(${a}) AND (${b} OR ${c})`)).toBe(truth(`((${a}) AND ${b}) OR ((${a}) AND ${c})`));
      }),
    );
  });
});

describe('correlation filters', () => {
  it.each([
    [{}, true],
    [{ subject: 'order.placed' }, true],
    [{ subject: 'order.placed', messageId: 'm-1' }, true],
    [{ subject: 'order.placed', messageId: 'm-2' }, false],
    [{ subject: 'Order.Placed' }, false],
    [{ to: 'x' }, false],
    [{ properties: { color: 'red', quantity: 5n } }, true],
    [{ properties: { quantity: 5 } }, true],
    [{ properties: { color: 'Red' } }, false],
    [{ properties: { Color: 'red' } }, false],
    [{ properties: { quantity: '5' } }, false],
    [{ properties: { urgent: true, at: new Date('2026-01-01T00:00:00Z') } }, true],
    [{ properties: { at: new Timespan(1) } }, false],
    [{ properties: { missing: null } }, false],
    [{ properties: { gone: null } }, true],
  ])('%j: %s', (filter, expected) => {
    expect(compileFilter({ kind: 'correlation', ...filter })(message, noNewId)).toBe(expected);
  });

  it('compares every system property that Azure lists', () => {
    const names = [
      'correlationId',
      'messageId',
      'to',
      'replyTo',
      'subject',
      'sessionId',
      'replyToSessionId',
      'contentType',
    ] as const;
    for (const name of names) {
      const filter = compileFilter({ kind: 'correlation', [name]: 'v' });
      expect(filter(sampleMessage({}, { [name]: 'v' }), noNewId)).toBe(true);
      expect(filter(sampleMessage({}, { [name]: 'w' }), noNewId)).toBe(false);
    }
  });
});

describe('the constant filters', () => {
  it('take everything and nothing', () => {
    expect(compileFilter({ kind: 'true' })(message, noNewId)).toBe(true);
    expect(compileFilter({ kind: 'false' })(message, noNewId)).toBe(false);
  });
});
