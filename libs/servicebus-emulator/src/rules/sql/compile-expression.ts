import { FilterError } from '../errors.js';
import { type FilterInput, findSystemProperty, type NewId } from '../filter-input.js';
import type { FilterValue } from '../filter-value.js';
import type { Expression, PropertyNode } from './ast.js';
import { applySign, calculate, typeName } from './operators.js';
import type { RuleContext } from './rule-context.js';

/** Reads or calculates a value of a message; null is NULL or unknown. */
type Evaluate = (input: FilterInput, newId: NewId) => FilterValue;

/**
 * Turns a parsed value into a closure, once per rule.
 * @throws RuleSyntaxError when the rule has no value for a parameter.
 */
export function compileExpression(node: Expression, context: RuleContext): Evaluate {
  switch (node.kind) {
    case 'constant': {
      const { value } = node;
      return () => value;
    }
    case 'parameter': {
      const value = context.parameter(node.name, node.offset);
      return () => value;
    }
    case 'property':
      return compileProperty(node);
    case 'newid':
      return (_input, newId) => newId();
    case 'named':
      return compileNamed(compileExpression(node.name, context));
    case 'sign': {
      const operand = compileExpression(node.operand, context);
      return (input, newId) => applySign(node.operator, operand(input, newId));
    }
    case 'arithmetic': {
      const left = compileExpression(node.left, context);
      const right = compileExpression(node.right, context);
      return (input, newId) => calculate(node.operator, left(input, newId), right(input, newId));
    }
  }
}

/** Reads a property; a user property that the message does not have is unknown. */
export function compileProperty(node: PropertyNode): Evaluate {
  const { name, scope } = node;
  if (scope === 'user') {
    return (input) => findUserProperty(input.properties, name)?.value ?? null;
  }
  const property = findSystemProperty(name)?.property;
  if (property === undefined) {
    // Azure accepts such a rule and fails on the message.
    return () => {
      throw new FilterError(`there is no system property "${name}"`);
    };
  }
  return (input) => input.system(property);
}

/** Finds a user property, by its exact name first and then in any case. */
export function findUserProperty(
  properties: ReadonlyMap<string, FilterValue>,
  name: string,
): { readonly name: string; readonly value: FilterValue } | undefined {
  const exact = properties.get(name);
  if (exact !== undefined) {
    return { name, value: exact };
  }
  const wanted = name.toLowerCase();
  for (const [candidate, value] of properties) {
    if (candidate.length === name.length && candidate.toLowerCase() === wanted) {
      return { name: candidate, value };
    }
  }
  return undefined;
}

/** `property(name)`: the name is known only when the message is; `sys.` in it selects the scope. */
function compileNamed(evaluateName: Evaluate): Evaluate {
  return (input, newId) => {
    const name = evaluateName(input, newId);
    if (name === null) {
      return null;
    }
    if (typeof name !== 'string') {
      throw new FilterError(`property() takes a String, not ${typeName(name)}`);
    }
    const [, scope, rest] = /^(sys|user)\.(.+)$/is.exec(name) ?? [];
    const node: PropertyNode = {
      kind: 'property',
      scope: scope?.toLowerCase() === 'sys' ? 'sys' : 'user',
      name: rest ?? name,
      offset: 0,
    };
    return compileProperty(node)(input, newId);
  };
}
