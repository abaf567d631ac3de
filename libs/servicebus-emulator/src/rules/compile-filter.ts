import type { FilterInput, NewId, SystemProperty } from './filter-input.js';
import type { FilterValue } from './filter-value.js';
import type { CorrelationFilter, Filter, SqlFilter } from './rule.js';
import { compileCondition } from './sql/compile-condition.js';
import { compare } from './sql/operators.js';
import { parseCondition } from './sql/parse-condition.js';
import { RuleContext } from './sql/rule-context.js';

/**
 * Whether a message passes; an unknown result does not.
 * @throws FilterError when the filter cannot be evaluated on this message.
 */
export type CompiledFilter = (input: FilterInput, newId: NewId) => boolean;

/**
 * Compiles a filter, once; the result is called for every message.
 * @throws RuleSyntaxError when the SQL is not valid, naming the place and what was expected there.
 */
export function compileFilter(filter: Filter): CompiledFilter {
  switch (filter.kind) {
    case 'true':
      return () => true;
    case 'false':
      return () => false;
    case 'sql':
      return compileSql(filter);
    case 'correlation':
      return compileCorrelation(filter);
  }
}

function compileSql(filter: SqlFilter): CompiledFilter {
  const context = new RuleContext(filter.expression, filter.parameters);
  const decide = compileCondition(parseCondition(context.text), context);
  return (input, newId) => decide(input, newId) === true;
}

const CORRELATED = [
  'correlationId',
  'messageId',
  'to',
  'replyTo',
  'subject',
  'sessionId',
  'replyToSessionId',
  'contentType',
] as const satisfies readonly (keyof CorrelationFilter & SystemProperty)[];

function compileCorrelation(filter: CorrelationFilter): CompiledFilter {
  const system = CORRELATED.flatMap((property) => {
    const wanted = filter[property];
    return wanted === undefined ? [] : [{ property, wanted }];
  });
  const user = Object.entries(filter.properties ?? {});
  return (input) =>
    system.every(({ property, wanted }) => input.system(property) === wanted) &&
    user.every(([name, wanted]) => equals(input.properties.get(name), wanted));
}

/** Numbers are equal by value, whatever their width; values of different kinds are not equal. */
function equals(value: FilterValue | undefined, wanted: FilterValue): boolean {
  if (value === undefined || value === null || wanted === null) {
    return value === wanted;
  }
  return kindOf(value) === kindOf(wanted) && compare('=', value, wanted) === true;
}

function kindOf(value: FilterValue): unknown {
  if (typeof value === 'object') {
    return value?.constructor;
  }
  return typeof value === 'bigint' ? 'number' : typeof value;
}
