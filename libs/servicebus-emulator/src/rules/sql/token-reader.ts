import { RuleSyntaxError } from '../errors.js';
import { type Keyword, type Sign, type Token, tokenize } from './tokenize.js';

/** More nesting than a person writes, and far less than the stack holds. */
const MAX_DEPTH = 100;

/** Steps through the tokens of one text, and says what was expected when they do not fit. */
export class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  /** @throws RuleSyntaxError when the text cannot be cut into tokens. */
  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  /** The token to be read next; `end` at the end. */
  get next(): Token {
    return this.#peek(0);
  }

  /** Reads the next token. */
  take(): Token {
    const token = this.next;
    this.#index += 1;
    return token;
  }

  /** Reads the next token if it is this keyword. */
  takeKeyword(keyword: Keyword): boolean {
    return this.#takeIf(this.atKeyword(keyword));
  }

  /** Reads the next token if it is this sign. */
  takeSign(sign: Sign): boolean {
    return this.#takeIf(this.atSign(sign));
  }

  /** Whether the token `ahead` places further is this keyword. */
  atKeyword(keyword: Keyword, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.kind === 'keyword' && token.text === keyword;
  }

  /** Whether the token `ahead` places further is this sign. */
  atSign(sign: Sign, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.kind === 'sign' && token.text === sign;
  }

  expectSign(sign: Sign): void {
    if (!this.takeSign(sign)) {
      throw this.unexpected(`"${sign}"`);
    }
  }

  expectKeyword(keyword: Keyword): void {
    if (!this.takeKeyword(keyword)) {
      throw this.unexpected(keyword);
    }
  }

  expectEnd(expected: string): void {
    if (this.next.kind !== 'end') {
      throw this.unexpected(expected);
    }
  }

  /** The error for a next token that does not fit. */
  unexpected(expected: string): RuleSyntaxError {
    return this.error(this.next.offset, `expected ${expected} but found ${describe(this.next)}`);
  }

  /** An error at an offset of the text. */
  error(offset: number, problem: string): RuleSyntaxError {
    return new RuleSyntaxError(this.#text, offset, problem);
  }

  /** Runs a parser one level deeper, and refuses what would exhaust the stack. */
  nested<T>(parse: () => T): T {
    if (this.#depth >= MAX_DEPTH) {
      throw this.error(this.next.offset, `nested more than ${MAX_DEPTH} levels deep`);
    }
    this.#depth += 1;
    const parsed = parse();
    this.#depth -= 1;
    return parsed;
  }

  #peek(ahead: number): Token {
    const token = this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)];
    if (token === undefined) {
      throw new TypeError('a token list always has its end');
    }
    return token;
  }

  #takeIf(condition: boolean): boolean {
    if (condition) {
      this.#index += 1;
    }
    return condition;
  }
}

function describe(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end';
    case 'keyword':
      return `the reserved word ${token.text}`;
    case 'string':
      return `the string '${token.text}'`;
    case 'parameter':
      return `@${token.text}`;
    default:
      return `"${token.text}"`;
  }
}
