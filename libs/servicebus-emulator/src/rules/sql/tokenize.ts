import { RuleSyntaxError } from '../errors.js';

/** A word, sign or constant of a rule's text. */
export type Token =
  | { readonly kind: 'keyword'; readonly text: Keyword; readonly offset: number }
  | { readonly kind: 'name'; readonly text: string; readonly delimited: boolean; readonly offset: number }
  | { readonly kind: 'parameter'; readonly text: string; readonly offset: number }
  | { readonly kind: 'string'; readonly text: string; readonly offset: number }
  | { readonly kind: 'integer'; readonly value: bigint; readonly text: string; readonly offset: number }
  | { readonly kind: 'double'; readonly value: number; readonly text: string; readonly offset: number }
  | { readonly kind: 'sign'; readonly text: Sign; readonly offset: number }
  | { readonly kind: 'end'; readonly text: ''; readonly offset: number };

const KEYWORDS = [
  'AND',
  'ESCAPE',
  'EXISTS',
  'FALSE',
  'IN',
  'IS',
  'LIKE',
  'NOT',
  'NULL',
  'OR',
  'REMOVE',
  'SET',
  'TRUE',
] as const;

/** Words that cannot be property names unless they are delimited. */
export type Keyword = (typeof KEYWORDS)[number];

// Longer signs first, so that `<=` is not read as `<` and `=`.
const SIGNS = ['<=', '>=', '<>', '!=', '=', '<', '>', '+', '-', '*', '/', '%', '(', ')', ',', '.', ';'] as const;

/** Operators and punctuation. */
export type Sign = (typeof SIGNS)[number];

const KEYWORD_SET: ReadonlySet<string> = new Set(KEYWORDS);
const SPACE = /\s+/uy;
const WORD = /\p{L}[_\p{L}\p{Nd}]*/uy;
const PARAMETER = /@[_\p{L}][_\p{L}\p{Nd}]*/uy;
const NUMBER = /\d+(\.\d+)?([eE][+-]?\d+)?/uy;

/**
 * Cuts a rule's text into tokens, the last of which is `end`.
 * @throws RuleSyntaxError at a character that begins no token, or at an unclosed quote.
 */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = skipSpace(text, 0);
  while (offset < text.length) {
    const { token, end } = readToken(text, offset);
    tokens.push(token);
    offset = skipSpace(text, end);
  }
  tokens.push({ kind: 'end', text: '', offset: text.length });
  return tokens;
}

interface Read {
  readonly token: Token;
  readonly end: number;
}

function readToken(text: string, offset: number): Read {
  switch (text[offset]) {
    case "'":
      return readString(text, offset);
    case '[':
      return readDelimitedName(text, offset, ']');
    case '"':
      return readDelimitedName(text, offset, '"');
    default:
      return readPlain(text, offset);
  }
}

function readPlain(text: string, offset: number): Read {
  const word = match(WORD, text, offset);
  if (word !== undefined) {
    return { token: wordToken(word, offset), end: offset + word.length };
  }
  const number = match(NUMBER, text, offset);
  if (number !== undefined) {
    return { token: numberToken(number, offset), end: offset + number.length };
  }
  const parameter = match(PARAMETER, text, offset);
  if (parameter !== undefined) {
    return { token: { kind: 'parameter', text: parameter.slice(1), offset }, end: offset + parameter.length };
  }
  const sign = SIGNS.find((candidate) => text.startsWith(candidate, offset));
  if (sign !== undefined) {
    return { token: { kind: 'sign', text: sign, offset }, end: offset + sign.length };
  }
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  throw new RuleSyntaxError(text, offset, `unexpected character ${JSON.stringify(character)}`);
}

function wordToken(word: string, offset: number): Token {
  const upper = word.toUpperCase();
  return KEYWORD_SET.has(upper)
    ? { kind: 'keyword', text: upper as Keyword, offset }
    : { kind: 'name', text: word, delimited: false, offset };
}

function numberToken(number: string, offset: number): Token {
  return /^\d+$/.test(number)
    ? { kind: 'integer', value: BigInt(number), text: number, offset }
    : { kind: 'double', value: Number(number), text: number, offset };
}

function readString(text: string, offset: number): Read {
  const { content, end } = readQuoted(text, offset, "'", 'string');
  return { token: { kind: 'string', text: content, offset }, end };
}

function readDelimitedName(text: string, offset: number, close: ']' | '"'): Read {
  const { content, end } = readQuoted(text, offset, close, 'property name');
  if (content === '') {
    throw new RuleSyntaxError(text, offset, 'a property name cannot be empty');
  }
  return { token: { kind: 'name', text: content, delimited: true, offset }, end };
}

/** Reads up to the closing character; doubled, it stands for itself. */
function readQuoted(text: string, offset: number, close: string, what: string) {
  let content = '';
  let from = offset + 1;
  for (;;) {
    const at = text.indexOf(close, from);
    if (at < 0) {
      throw new RuleSyntaxError(text, offset, `this ${what} is not closed: expected ${close} before the end`);
    }
    content += text.slice(from, at);
    if (text[at + 1] !== close) {
      return { content, end: at + 1 };
    }
    content += close;
    from = at + 2;
  }
}

function skipSpace(text: string, offset: number): number {
  return offset + (match(SPACE, text, offset)?.length ?? 0);
}

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}
