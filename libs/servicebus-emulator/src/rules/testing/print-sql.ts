import type { FilterValue } from '../filter-value.js';
import type { Expression, Predicate, PropertyNode } from '../sql/ast.js';

/** Writes a condition as SQL with all its parentheses, for the round trip through the parser. */
export function printCondition(node: Predicate): string {
  switch (node.kind) {
    case 'not':
      return `NOT (${printCondition(node.operand)})`;
    case 'and':
    case 'or':
      return node.operands.map((operand) => `(${printCondition(operand)})`).join(` ${node.kind.toUpperCase()} `);
    case 'comparison':
      return `${printValue(node.left)} ${node.operator} ${printValue(node.right)}`;
    case 'is-null':
      return `${printValue(node.operand)} IS ${node.negated ? 'NOT ' : ''}NULL`;
    case 'in':
      return `${printValue(node.operand)}${not(node)} IN (${node.candidates.map(printValue).join(', ')})`;
    case 'like': {
      const escape = node.escape === undefined ? '' : ` ESCAPE ${printValue(node.escape)}`;
      return `${printValue(node.operand)}${not(node)} LIKE ${printValue(node.pattern)}${escape}`;
    }
    case 'exists':
      return `EXISTS (${printProperty(node.property)})`;
  }
}

function printValue(node: Expression): string {
  switch (node.kind) {
    case 'property':
      return printProperty(node);
    case 'constant':
      return printConstant(node.value);
    case 'parameter':
      return `@${node.name}`;
    case 'newid':
      return 'newid()';
    case 'named':
      return `property(${printValue(node.name)})`;
    case 'sign':
      return `(${node.operator} ${printValue(node.operand)})`;
    case 'arithmetic':
      return `(${printValue(node.left)} ${node.operator} ${printValue(node.right)})`;
  }
}

function printProperty({ scope, name }: PropertyNode): string {
  return `${scope}.[${name.replaceAll(']', ']]')}]`;
}

function printConstant(value: FilterValue): string {
  if (typeof value === 'string') {
    return `'${value.replaceAll("'", "''")}'`;
  }
  return typeof value === 'number' ? value.toExponential() : String(value);
}

function not({ negated }: { readonly negated: boolean }): string {
  return negated ? ' NOT' : '';
}
