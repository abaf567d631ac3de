import { RuleSyntaxError } from '../errors.js';
import type { FilterValue } from '../filter-value.js';

/** Azure's limit for the text of a condition and of an action, in characters. */
const MAX_LENGTH = 1024;

/** The text and the parameters of the rule that is being compiled. */
export class RuleContext {
  readonly text: string;
  readonly #parameters: ReadonlyMap<string, FilterValue>;

  /** @throws RuleSyntaxError when the text is empty or too long. */
  constructor(text: string, parameters: Readonly<Record<string, FilterValue>> = {}) {
    if (text.trim() === '') {
      throw new RuleSyntaxError(text, 0, 'the expression is empty');
    }
    if (text.length > MAX_LENGTH) {
      throw new RuleSyntaxError(text, MAX_LENGTH, `longer than ${MAX_LENGTH} characters (it has ${text.length})`);
    }
    this.text = text;
    this.#parameters = new Map(Object.entries(parameters).map(([name, value]) => [name.replace(/^@/, ''), value]));
  }

  /** The value of `@name`. */
  parameter(name: string, offset: number): FilterValue {
    const value = this.#parameters.get(name);
    if (value === undefined) {
      throw this.error(offset, `the rule gives no value for the parameter @${name}`);
    }
    return value;
  }

  error(offset: number, problem: string): RuleSyntaxError {
    return new RuleSyntaxError(this.text, offset, problem);
  }
}
