import { FilterError } from '../errors.js';

/** Tells whether a text fits a pattern. */
export type LikeMatcher = (text: string) => boolean;

const ANY_RUN = Symbol('%');
const ANY_ONE = Symbol('_');
type Part = string | typeof ANY_RUN | typeof ANY_ONE;

/**
 * Compiles a LIKE pattern: `%` is any run of characters, `_` is any one, and the character after
 * `escape` stands for itself. The matcher takes at most text × pattern steps, whatever the pattern:
 * no regular expression, so no pattern can stall the broker.
 * @throws FilterError when `escape` is not one character, or ends the pattern.
 */
export function compileLike(pattern: string, escape?: string): LikeMatcher {
  const parts = splitPattern(pattern, escape);
  return (text) => fits(text, parts);
}

function splitPattern(pattern: string, escape: string | undefined): readonly Part[] {
  if (escape !== undefined && escape.length !== 1) {
    throw new FilterError(`ESCAPE takes one character, not ${JSON.stringify(escape)}`);
  }
  const parts: Part[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    let character = pattern.charAt(index);
    if (character === escape) {
      index += 1;
      if (index === pattern.length) {
        throw new FilterError(`the LIKE pattern ${JSON.stringify(pattern)} ends with its escape character`);
      }
      character = pattern.charAt(index);
      parts.push(character);
    } else {
      parts.push(partOf(character));
    }
  }
  return parts;
}

function partOf(character: string): Part {
  if (character === '%') {
    return ANY_RUN;
  }
  return character === '_' ? ANY_ONE : character;
}

/** Greedy with one point to go back to: after a later `%` an earlier one need not be tried again. */
function fits(text: string, parts: readonly Part[]): boolean {
  let at = 0;
  let part = 0;
  let runPart = -1;
  let runAt = 0;
  while (at < text.length) {
    if (parts[part] === ANY_RUN) {
      runPart = part;
      runAt = at;
      part += 1;
    } else if (part < parts.length && (parts[part] === ANY_ONE || parts[part] === text[at])) {
      at += 1;
      part += 1;
    } else if (runPart >= 0) {
      runAt += 1;
      at = runAt;
      part = runPart + 1;
    } else {
      return false;
    }
  }
  while (parts[part] === ANY_RUN) {
    part += 1;
  }
  return part === parts.length;
}
