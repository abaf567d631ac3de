import { findSystemProperty } from '../filter-input.js';
import type { PropertyNode, Statement } from './ast.js';
import { parseValue } from './parse-condition.js';
import { parseProperty } from './parse-operand.js';
import { TokenReader } from './token-reader.js';

/** Azure's limit of expressions in one action. */
const MAX_STATEMENTS = 32;

/**
 * Parses the statements of a SQL action; semicolons between them are optional.
 * @throws RuleSyntaxError also for a system property that Service Bus does not let rules change.
 */
export function parseAction(text: string): readonly Statement[] {
  const reader = new TokenReader(text);
  const statements: Statement[] = [];
  do {
    const statement = parseStatement(reader);
    if (statements.length === MAX_STATEMENTS) {
      throw reader.error(statement.offset, `an action has at most ${MAX_STATEMENTS} statements`);
    }
    statements.push(statement);
    while (reader.takeSign(';')) {
      // An empty statement between two semicolons does no harm.
    }
  } while (reader.next.kind !== 'end');
  return statements;
}

function parseStatement(reader: TokenReader): Statement {
  const { offset } = reader.next;
  if (reader.takeKeyword('REMOVE')) {
    return { kind: 'remove', property: parseTarget(reader), offset };
  }
  if (reader.takeKeyword('SET')) {
    const property = parseTarget(reader);
    reader.expectSign('=');
    return { kind: 'set', property, value: parseValue(reader), offset };
  }
  throw reader.unexpected('SET or REMOVE');
}

function parseTarget(reader: TokenReader): PropertyNode {
  const property = parseProperty(reader);
  if (property.scope === 'user') {
    return property;
  }
  const info = findSystemProperty(property.name);
  if (info === undefined) {
    throw reader.error(property.offset, `there is no system property "${property.name}"`);
  }
  if (info.settable === undefined) {
    throw reader.error(property.offset, `the system property "${property.name}" is set by the broker only`);
  }
  return property;
}
