/** A rule's text is not valid: says where, what was expected there and what was found. */
export class RuleSyntaxError extends Error {
  /** Distance from the start of the text, in characters, from 0. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;

  constructor(text: string, offset: number, problem: string) {
    const before = text.slice(0, offset).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    super(`Line ${line}, column ${column}: ${problem}`);
    this.name = 'RuleSyntaxError';
    this.offset = offset;
    this.line = line;
    this.column = column;
  }
}

/**
 * A valid rule failed on a message: an unknown system property, an operator that its operands' types
 * do not have, a division by zero. Azure calls it FilterException; the subscription dead-letters the
 * message when `deadLetteringOnFilterEvaluationExceptions` is on.
 */
export class FilterError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FilterError';
  }
}
