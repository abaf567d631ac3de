import { Problem, type ProblemPart } from '../problem.js';
import { decoded } from './route-table.js';

const badEscape = 'must be UTF-8, percent-encoded: each % is followed by two hexadecimal digits';
const withNul = 'must not contain the character NUL (%00)';

/**
 * The parameters of a path and a query that no handler can read as what they were meant: what is not UTF-8 would become
 * other characters on the way, and NUL is something that PostgreSQL cannot even compare with.
 *
 * @param path the values of its parameters by name, percent-encoded as they came
 * @param query all behind the `?`
 */
export function unreadableParameters(path: ReadonlyMap<string, string>, query: string): readonly ProblemPart[] {
  return [...path, ...pairsOf(query)].flatMap(([parameter, value]) => {
    const text = decoded(value);
    if (text === undefined || decoded(parameter) === undefined) return [{ parameter, detail: badEscape }];
    return text.includes('\0') || decoded(parameter)?.includes('\0') ? [{ parameter, detail: withNul }] : [];
  });
}

function pairsOf(query: string): readonly (readonly [string, string])[] {
  if (query === '') return [];
  return query.split('&').map((pair) => {
    const [name = '', ...value] = pair.replaceAll('+', ' ').split('=');
    return [name, value.join('=')];
  });
}

/** The one problem document that names them all. */
export function unreadable(errors: readonly ProblemPart[]): Problem {
  const names = [...new Set(errors.map(({ parameter }) => parameter))].join(', ');
  const detail = names === '' ? `The path ${badEscape}.` : `These parameters cannot be read: ${names}. See errors.`;
  return new Problem(400, 'invalid-request', detail, { ...(errors.length > 0 && { errors }) });
}
