import type { Expression, PropertyNode } from './ast.js';
import type { TokenReader } from './token-reader.js';
import type { Token } from './tokenize.js';

const MAX_INT64 = 2n ** 63n - 1n;

/** What may stand where a value is expected, as error messages name it. */
export const A_VALUE = 'a property, a constant, a parameter, a function or "("';

/** Reads a constant, a parameter, a function call or a property: all that has no operator in it. */
export function parseOperand(reader: TokenReader, parseArgument: () => Expression): Expression {
  const token = reader.next;
  switch (token.kind) {
    case 'string':
      reader.take();
      return { kind: 'constant', value: token.text, offset: token.offset };
    case 'integer':
      reader.take();
      return integer(reader, token.value, token.offset);
    case 'double':
      reader.take();
      return { kind: 'constant', value: token.value, offset: token.offset };
    case 'parameter':
      reader.take();
      return { kind: 'parameter', name: token.text, offset: token.offset };
    case 'keyword':
      return parseKeywordConstant(reader, token);
    case 'name':
      return isFunctionCall(reader, token) ? parseCall(reader, parseArgument) : parseProperty(reader);
    default:
      throw reader.unexpected(A_VALUE);
  }
}

/** Reads `[scope.]name`. */
export function parseProperty(reader: TokenReader): PropertyNode {
  const first = takeName(reader, 'a property name');
  if (!reader.takeSign('.')) {
    return { kind: 'property', scope: 'user', name: first.text, offset: first.offset };
  }
  const scope = first.text.toLowerCase();
  if (scope !== 'sys' && scope !== 'user') {
    throw reader.error(
      first.offset,
      `expected the scope sys or user before "." but found "${first.text}"; write [${first.text}.name] for a name with a dot`,
    );
  }
  return { kind: 'property', scope, name: takeName(reader, 'a property name').text, offset: first.offset };
}

/** An integer constant must fit 64 bits; the lowest one is only reachable with its minus sign. */
export function integer(reader: TokenReader, value: bigint, offset: number): Expression {
  if (value > MAX_INT64 || value < -MAX_INT64 - 1n) {
    throw reader.error(offset, `the integer ${value} does not fit 64 bits; write ${value}.0 for a double`);
  }
  return { kind: 'constant', value, offset };
}

function takeName(reader: TokenReader, expected: string): Token {
  if (reader.next.kind !== 'name') {
    throw reader.unexpected(expected);
  }
  return reader.take();
}

function parseKeywordConstant(reader: TokenReader, token: Token): Expression {
  const { offset } = token;
  if (reader.takeKeyword('NULL')) {
    return { kind: 'constant', value: null, offset };
  }
  if (reader.takeKeyword('TRUE')) {
    return { kind: 'constant', value: true, offset };
  }
  if (reader.takeKeyword('FALSE')) {
    return { kind: 'constant', value: false, offset };
  }
  throw reader.unexpected(A_VALUE);
}

function isFunctionCall(reader: TokenReader, token: Token): boolean {
  return token.kind === 'name' && !token.delimited && reader.atSign('(', 1);
}

function parseCall(reader: TokenReader, parseArgument: () => Expression): Expression {
  const { text, offset } = reader.take();
  reader.expectSign('(');
  switch (text.toLowerCase()) {
    case 'newid':
      reader.expectSign(')');
      return { kind: 'newid', offset };
    case 'p':
    case 'property': {
      const argument = reader.nested(parseArgument);
      reader.expectSign(')');
      return { kind: 'named', name: argument, offset };
    }
    default:
      throw reader.error(offset, `expected the function newid, property or p but found "${text}"`);
  }
}
