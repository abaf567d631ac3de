import { FilterError } from '../errors.js';
import type { FilterInput, NewId } from '../filter-input.js';
import type { FilterValue } from '../filter-value.js';
import type { Predicate, PropertyNode } from './ast.js';
import { compileExpression, compileProperty, findUserProperty } from './compile-expression.js';
import { compileLike, type LikeMatcher } from './like.js';
import { compare, type Truth, typeName } from './operators.js';
import type { RuleContext } from './rule-context.js';

/** Decides a condition on a message: true, false, or unknown (null). */
type Decide = (input: FilterInput, newId: NewId) => Truth;

/**
 * Turns a parsed condition into a closure, once per rule.
 * @throws RuleSyntaxError when a parameter is missing or a constant LIKE pattern is not valid.
 */
export function compileCondition(node: Predicate, context: RuleContext): Decide {
  switch (node.kind) {
    case 'not': {
      const operand = compileCondition(node.operand, context);
      return (input, newId) => negate(operand(input, newId));
    }
    case 'and':
    case 'or': {
      const operands = node.operands.map((operand) => compileCondition(operand, context));
      return compileLogical(operands, node.kind === 'or');
    }
    case 'comparison': {
      const left = compileExpression(node.left, context);
      const right = compileExpression(node.right, context);
      return (input, newId) => compare(node.operator, left(input, newId), right(input, newId));
    }
    case 'is-null': {
      const operand = compileExpression(node.operand, context);
      return (input, newId) => (operand(input, newId) === null) !== node.negated;
    }
    case 'in':
      return compileIn(node, context);
    case 'like':
      return compileLikeCondition(node, context);
    case 'exists':
      return compileExists(node.property);
  }
}

function negate(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

/** OR is decided by the first true, AND by the first false; otherwise one unknown makes all unknown. */
function compileLogical(operands: readonly Decide[], decisive: boolean): Decide {
  return (input, newId) => {
    let result: Truth = !decisive;
    for (const operand of operands) {
      const truth = operand(input, newId);
      if (truth === decisive) {
        return decisive;
      }
      if (truth === null) {
        result = null;
      }
    }
    return result;
  };
}

/** An unknown left side is unknown; an unknown candidate equals nothing, but leaves doubt. */
function compileIn(node: Predicate & { kind: 'in' }, context: RuleContext): Decide {
  const operand = compileExpression(node.operand, context);
  const candidates = node.candidates.map((candidate) => compileExpression(candidate, context));
  return (input, newId) => {
    const value = operand(input, newId);
    if (value === null) {
      return null;
    }
    let result: Truth = false;
    for (const candidate of candidates) {
      const equal = compare('=', value, candidate(input, newId));
      if (equal === true) {
        return !node.negated;
      }
      result = equal === null ? null : result;
    }
    return node.negated ? negate(result) : result;
  };
}

function compileLikeCondition(node: Predicate & { kind: 'like' }, context: RuleContext): Decide {
  const operand = compileExpression(node.operand, context);
  const findMatcher = compilePattern(node, context);
  return (input, newId) => {
    const text = stringOrUnknown(operand(input, newId), 'LIKE');
    const matcher = findMatcher(input, newId);
    if (text === null || matcher === null) {
      return null;
    }
    return matcher(text) !== node.negated;
  };
}

/** A constant pattern is compiled here and now; one from the message, with each message. */
function compilePattern(
  node: Predicate & { kind: 'like' },
  context: RuleContext,
): (input: FilterInput, newId: NewId) => LikeMatcher | null {
  const { pattern, escape } = node;
  if (pattern.kind === 'constant' && (escape === undefined || escape.kind === 'constant')) {
    const matcher = compileConstantPattern(pattern.value, escape?.value, pattern.offset, context);
    return () => matcher;
  }
  const findPattern = compileExpression(pattern, context);
  const findEscape = escape && compileExpression(escape, context);
  return (input, newId) => matcherOf(findPattern(input, newId), findEscape?.(input, newId));
}

function compileConstantPattern(
  pattern: FilterValue,
  escape: FilterValue | undefined,
  offset: number,
  context: RuleContext,
): LikeMatcher | null {
  try {
    return matcherOf(pattern, escape);
  } catch (error) {
    if (error instanceof FilterError) {
      throw context.error(offset, error.message);
    }
    throw error;
  }
}

function matcherOf(pattern: FilterValue, escape: FilterValue | undefined): LikeMatcher | null {
  const patternText = stringOrUnknown(pattern, 'a LIKE pattern');
  const escapeText = escape === undefined ? undefined : stringOrUnknown(escape, 'ESCAPE');
  return patternText === null || escapeText === null ? null : compileLike(patternText, escapeText);
}

function compileExists(node: PropertyNode): Decide {
  if (node.scope === 'user') {
    return (input) => findUserProperty(input.properties, node.name) !== undefined;
  }
  const evaluate = compileProperty(node);
  return (input, newId) => evaluate(input, newId) !== null;
}

function stringOrUnknown(value: FilterValue, what: string): string | null {
  if (value !== null && typeof value !== 'string') {
    throw new FilterError(`${what} takes a String, not ${typeName(value)}`);
  }
  return value;
}
