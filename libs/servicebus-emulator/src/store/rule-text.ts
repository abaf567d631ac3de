import { type Filter, type FilterValue, type Rule, type SqlAction, Timespan } from '../rules/index.js';

type Values = Readonly<Record<string, FilterValue>>;
type Mapped<T> = Readonly<Record<string, T>>;

/** A rule as JSON: rules are few and small, so a form that can be read with any tool is worth its size. */
export function writeRule(rule: Rule): string {
  return JSON.stringify(mapRule(rule, writeValue));
}

/** The reverse of {@link writeRule}. */
export function readRule(text: string): Rule {
  return mapRule(JSON.parse(text), readValue as (value: FilterValue) => FilterValue) as Rule;
}

/** Copies a rule with each of its typed values converted. */
function mapRule(rule: Rule, convert: (value: FilterValue) => unknown): unknown {
  const action = rule.action === undefined ? {} : { action: mapParameters(rule.action, convert) };
  return { name: rule.name, filter: mapFilter(rule.filter, convert), ...action };
}

function mapFilter(filter: Filter, convert: (value: FilterValue) => unknown): unknown {
  switch (filter.kind) {
    case 'sql':
      return mapParameters(filter, convert);
    case 'correlation':
      return filter.properties === undefined
        ? filter
        : { ...filter, properties: mapValues(filter.properties, convert) };
    default:
      return filter;
  }
}

function mapParameters<T extends SqlAction>(sql: T, convert: (value: FilterValue) => unknown): unknown {
  return sql.parameters === undefined ? sql : { ...sql, parameters: mapValues(sql.parameters, convert) };
}

function mapValues(values: Values, convert: (value: FilterValue) => unknown): Mapped<unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, convert(value)]));
}

type Tagged = readonly [type: 'int' | 'double' | 'date' | 'timespan', value: string];

function writeValue(value: FilterValue): string | boolean | null | Tagged {
  switch (typeof value) {
    case 'bigint':
      return ['int', String(value)];
    case 'number':
      return ['double', Object.is(value, -0) ? '-0' : String(value)];
    case 'object':
      return value === null ? null : writeTime(value);
    default:
      return value;
  }
}

function writeTime(value: Date | Timespan): Tagged {
  return value instanceof Date ? ['date', String(value.getTime())] : ['timespan', String(value.milliseconds)];
}

function readValue(value: string | boolean | null | Tagged): FilterValue {
  if (value === null || typeof value !== 'object') {
    return value;
  }
  const [type, text] = value;
  switch (type) {
    case 'int':
      return BigInt(text);
    case 'double':
      return Number(text);
    case 'date':
      return new Date(Number(text));
    case 'timespan':
      return new Timespan(Number(text));
  }
}
