export { type CompiledAction, compileAction } from './compile-action.js';
export { type CompiledFilter, compileFilter } from './compile-filter.js';
export { FilterError, RuleSyntaxError } from './errors.js';
export type { FilterInput, NewId, SystemProperty } from './filter-input.js';
export { type FilterValue, Timespan } from './filter-value.js';
export type { MessageChanges } from './message-draft.js';
export {
  type CorrelationFilter,
  DEFAULT_RULE,
  type FalseFilter,
  type Filter,
  type Rule,
  type SqlAction,
  type SqlFilter,
  type TrueFilter,
} from './rule.js';
