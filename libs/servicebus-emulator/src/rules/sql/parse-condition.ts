import type { ArithmeticOperator, ComparisonOperator, Expression, Predicate } from './ast.js';
import { A_VALUE, integer, parseOperand, parseProperty } from './parse-operand.js';
import { TokenReader } from './token-reader.js';
import type { Sign, Token } from './tokenize.js';

/**
 * A parenthesis may open a condition or a value, and only what follows tells which. So one grammar
 * reads both, and each operator then asks for the kind it needs.
 */
type Parsed =
  | { readonly is: 'condition'; readonly node: Predicate; readonly offset: number }
  | { readonly is: 'value'; readonly node: Expression; readonly offset: number };

const COMPARISONS: Readonly<Partial<Record<Sign, ComparisonOperator>>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '>': '>',
  '>=': '>=',
  '<': '<',
  '<=': '<=',
};
const SUMS: readonly ArithmeticOperator[] = ['+', '-'];
const PRODUCTS: readonly ArithmeticOperator[] = ['*', '/', '%'];

/**
 * Parses the condition of a SQL filter. From loosest to tightest: OR, AND, NOT, comparisons,
 * sums, products, signs.
 * @throws RuleSyntaxError
 */
export function parseCondition(text: string): Predicate {
  const reader = new TokenReader(text);
  const condition = asCondition(reader, parseOr(reader));
  reader.expectEnd('AND, OR or the end');
  return condition;
}

/** Parses a value, as on the right of SET. */
export function parseValue(reader: TokenReader): Expression {
  return asValue(reader, parseSum(reader));
}

function parseOr(reader: TokenReader): Parsed {
  return parseLogical(reader, 'OR', 'or', () => parseLogical(reader, 'AND', 'and', () => parseNot(reader)));
}

function parseLogical(reader: TokenReader, keyword: 'AND' | 'OR', kind: 'and' | 'or', parse: () => Parsed): Parsed {
  const first = parse();
  if (!reader.atKeyword(keyword)) {
    return first;
  }
  const operands = [asCondition(reader, first)];
  while (reader.takeKeyword(keyword)) {
    operands.push(asCondition(reader, parse()));
  }
  return condition({ kind, operands, offset: first.offset });
}

function parseNot(reader: TokenReader): Parsed {
  const { offset } = reader.next;
  if (!reader.takeKeyword('NOT')) {
    return parseComparison(reader);
  }
  const operand = reader.nested(() => asCondition(reader, parseNot(reader)));
  return condition({ kind: 'not', operand, offset });
}

function parseComparison(reader: TokenReader): Parsed {
  if (reader.atKeyword('EXISTS')) {
    return parseExists(reader);
  }
  const left = parseSum(reader);
  const token = reader.next;
  const operator = token.kind === 'sign' ? COMPARISONS[token.text] : undefined;
  if (operator !== undefined) {
    const operand = asValue(reader, left);
    reader.take();
    const right = asValue(reader, parseSum(reader));
    return condition({ kind: 'comparison', operator, left: operand, right, offset: left.offset });
  }
  return parseWordOperator(reader, left);
}

function parseWordOperator(reader: TokenReader, left: Parsed): Parsed {
  if (reader.atKeyword('IS')) {
    return parseIsNull(reader, left);
  }
  const negated = reader.atKeyword('NOT');
  const ahead = negated ? 1 : 0;
  if (reader.atKeyword('IN', ahead)) {
    return parseIn(reader, left, negated);
  }
  if (reader.atKeyword('LIKE', ahead)) {
    return parseLike(reader, left, negated);
  }
  if (negated) {
    reader.take();
    throw reader.unexpected('IN or LIKE after NOT');
  }
  return left;
}

function parseExists(reader: TokenReader): Parsed {
  const { offset } = reader.take();
  reader.expectSign('(');
  const property = parseProperty(reader);
  reader.expectSign(')');
  return condition({ kind: 'exists', property, offset });
}

function parseIsNull(reader: TokenReader, left: Parsed): Parsed {
  const operand = asValue(reader, left);
  if (operand.kind !== 'property' && operand.kind !== 'named') {
    throw reader.error(left.offset, 'expected a property before IS NULL');
  }
  reader.expectKeyword('IS');
  const negated = reader.takeKeyword('NOT');
  reader.expectKeyword('NULL');
  return condition({ kind: 'is-null', operand, negated, offset: left.offset });
}

function parseIn(reader: TokenReader, left: Parsed, negated: boolean): Parsed {
  const operand = asValue(reader, left);
  takeNegated(reader, negated);
  reader.expectSign('(');
  const candidates = [parseValue(reader)];
  while (reader.takeSign(',')) {
    candidates.push(parseValue(reader));
  }
  if (!reader.takeSign(')')) {
    throw reader.unexpected('"," or ")"');
  }
  return condition({ kind: 'in', operand, candidates, negated, offset: left.offset });
}

function parseLike(reader: TokenReader, left: Parsed, negated: boolean): Parsed {
  const operand = asValue(reader, left);
  takeNegated(reader, negated);
  const pattern = parseValue(reader);
  const escape = reader.takeKeyword('ESCAPE') ? { escape: parseValue(reader) } : {};
  return condition({ kind: 'like', operand, pattern, ...escape, negated, offset: left.offset });
}

/** Reads `[NOT] IN` or `[NOT] LIKE`, which the caller has seen. */
function takeNegated(reader: TokenReader, negated: boolean): void {
  reader.take();
  if (negated) {
    reader.take();
  }
}

function parseSum(reader: TokenReader): Parsed {
  return parseArithmetic(reader, SUMS, () => parseArithmetic(reader, PRODUCTS, () => parseSigned(reader)));
}

function parseArithmetic(reader: TokenReader, operators: readonly ArithmeticOperator[], parse: () => Parsed): Parsed {
  let left = parse();
  for (;;) {
    const operator = operators.find((candidate) => reader.atSign(candidate));
    if (operator === undefined) {
      return left;
    }
    const operand = asValue(reader, left);
    reader.take();
    const right = asValue(reader, parse());
    left = value({ kind: 'arithmetic', operator, left: operand, right, offset: left.offset });
  }
}

function parseSigned(reader: TokenReader): Parsed {
  const token = reader.next;
  if (!reader.atSign('-') && !reader.atSign('+')) {
    return parsePrimary(reader);
  }
  reader.take();
  const operator = token.text === '-' ? '-' : '+';
  if (operator === '-' && reader.next.kind === 'integer') {
    return value(negativeInteger(reader, token));
  }
  const operand = reader.nested(() => asValue(reader, parseSigned(reader)));
  return value({ kind: 'sign', operator, operand, offset: token.offset });
}

function negativeInteger(reader: TokenReader, minus: Token): Expression {
  const token = reader.take();
  return integer(reader, token.kind === 'integer' ? -token.value : 0n, minus.offset);
}

function parsePrimary(reader: TokenReader): Parsed {
  if (reader.takeSign('(')) {
    const inner = reader.nested(() => parseOr(reader));
    if (!reader.takeSign(')')) {
      throw reader.unexpected(inner.is === 'value' ? 'an operator or ")"' : 'AND, OR or ")"');
    }
    return inner;
  }
  return value(parseOperand(reader, () => parseValue(reader)));
}

function condition(node: Predicate): Parsed {
  return { is: 'condition', node, offset: node.offset };
}

function value(node: Expression): Parsed {
  return { is: 'value', node, offset: node.offset };
}

function asCondition(reader: TokenReader, parsed: Parsed): Predicate {
  if (parsed.is === 'value') {
    throw reader.unexpected('a comparison (=, <>, <, <=, >, >=, IS, IN or LIKE)');
  }
  return parsed.node;
}

function asValue(reader: TokenReader, parsed: Parsed): Expression {
  if (parsed.is === 'condition') {
    throw reader.error(parsed.offset, `expected ${A_VALUE} but found a condition`);
  }
  return parsed.node;
}
