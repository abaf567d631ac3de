import {
  compileAction,
  compileFilter,
  type CorrelationFilter,
  DEFAULT_RULE,
  type Filter,
  type FilterValue,
  type Rule,
  RuleSyntaxError,
  type SqlAction,
} from '../rules/index.js';
import type { ObjectReader } from './object-reader.js';
import { A_TYPED_VALUE, readTypedValue, writeTypedValue } from './typed-value.js';

type CorrelationText = Exclude<keyof CorrelationFilter, 'kind' | 'properties'>;

const CORRELATION_FIELDS: readonly (readonly [name: string, property: CorrelationText])[] = [
  ['ContentType', 'contentType'],
  ['CorrelationId', 'correlationId'],
  ['Label', 'subject'],
  ['MessageId', 'messageId'],
  ['ReplyTo', 'replyTo'],
  ['ReplyToSessionId', 'replyToSessionId'],
  ['SessionId', 'sessionId'],
  ['To', 'to'],
];

/**
 * Reads a subscription's rules. Without any it has the rule that takes every message, as on Azure, unless
 * `"DefaultRule": false` says that it receives nothing.
 */
export function readRules(subscription: ObjectReader): readonly Rule[] {
  const wantsDefault = subscription.optional('DefaultRule', 'true or false', (value) =>
    typeof value === 'boolean' ? value : undefined,
  );
  const rules = subscription.objects('Rules').map(readRule);
  return rules.length === 0 && wantsDefault !== false ? [DEFAULT_RULE] : rules;
}

/** The reverse of {@link readRules}: fields of the subscription. */
export function writeRules(rules: readonly Rule[]): Record<string, unknown> {
  const [only] = rules;
  if (only === undefined) {
    return { DefaultRule: false };
  }
  if (
    rules.length === 1 &&
    only.name === DEFAULT_RULE.name &&
    only.filter.kind === 'true' &&
    only.action === undefined
  ) {
    return {};
  }
  return { Rules: rules.map(writeRule) };
}

function readRule(rule: ObjectReader): Rule {
  const name = rule.requiredText('Name');
  const properties = rule.object('Properties');
  rule.refuseOthers();
  if (properties === undefined) {
    rule.problem('Properties', 'is missing');
    return { name, filter: { kind: 'true' } };
  }
  const filter = readFilter(properties);
  const action = properties.object('Action');
  properties.refuseOthers();
  return action === undefined ? { name, filter } : { name, filter, action: readAction(action) };
}

function readFilter(properties: ObjectReader): Filter {
  const sql = properties.object('SqlFilter');
  const correlation = properties.object('CorrelationFilter');
  const type = properties.text('FilterType') ?? (sql === undefined ? 'Correlation' : 'Sql');
  switch (type) {
    case 'True':
      return { kind: 'true' };
    case 'False':
      return { kind: 'false' };
    case 'Sql':
      return sql === undefined ? missing(properties, 'SqlFilter') : readSqlFilter(sql);
    case 'Correlation':
      return correlation === undefined ? missing(properties, 'CorrelationFilter') : readCorrelationFilter(correlation);
    default:
      properties.problem('FilterType', `expected Sql, Correlation, True or False, not ${JSON.stringify(type)}`);
      return { kind: 'true' };
  }
}

function missing(properties: ObjectReader, name: string): Filter {
  properties.problem(name, 'is missing');
  return { kind: 'true' };
}

function readSqlFilter(reader: ObjectReader): Filter {
  const filter: Filter = { kind: 'sql', ...readSql(reader) };
  noteSyntaxError(reader, () => compileFilter(filter));
  return filter;
}

function readAction(reader: ObjectReader): SqlAction {
  const action = readSql(reader);
  noteSyntaxError(reader, () => compileAction(action));
  return action;
}

function readSql(reader: ObjectReader): SqlAction {
  const expression = reader.requiredText('SqlExpression');
  const parameters = reader.object('Parameters');
  reader.refuseOthers();
  return parameters === undefined ? { expression } : { expression, parameters: readValues(parameters) };
}

function noteSyntaxError(reader: ObjectReader, compile: () => unknown): void {
  if (reader.text('SqlExpression') === undefined) {
    return;
  }
  try {
    compile();
  } catch (error) {
    if (!(error instanceof RuleSyntaxError)) {
      throw error;
    }
    reader.problem('SqlExpression', error.message);
  }
}

function readCorrelationFilter(reader: ObjectReader): Filter {
  const texts = CORRELATION_FIELDS.flatMap(([name, property]) => {
    const value = reader.text(name);
    return value === undefined ? [] : [[property, value] as const];
  });
  const properties = reader.object('Properties');
  reader.refuseOthers();
  const filter: Filter = { kind: 'correlation', ...Object.fromEntries(texts) };
  return properties === undefined ? filter : { ...filter, properties: readValues(properties) };
}

function readValues(reader: ObjectReader): Readonly<Record<string, FilterValue>> {
  const values = reader.names().flatMap((name) => {
    const value = reader.optional(name, A_TYPED_VALUE, readTypedValue);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(values);
}

function writeRule({ name, filter, action }: Rule): unknown {
  const change = action === undefined ? {} : { Action: writeSql(action) };
  return { Name: name, Properties: { ...writeFilter(filter), ...change } };
}

function writeFilter(filter: Filter): Record<string, unknown> {
  switch (filter.kind) {
    case 'true':
      return { FilterType: 'True' };
    case 'false':
      return { FilterType: 'False' };
    case 'sql':
      return { FilterType: 'Sql', SqlFilter: writeSql(filter) };
    case 'correlation':
      return { FilterType: 'Correlation', CorrelationFilter: writeCorrelation(filter) };
  }
}

function writeSql({ expression, parameters }: SqlAction): Record<string, unknown> {
  return { SqlExpression: expression, ...(parameters && { Parameters: writeValues(parameters) }) };
}

function writeCorrelation(filter: CorrelationFilter): Record<string, unknown> {
  const texts = CORRELATION_FIELDS.map(([name, property]) => [name, filter[property]] as const);
  const given = texts.filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    ...(filter.properties && { Properties: writeValues(filter.properties) }),
  };
}

function writeValues(values: Readonly<Record<string, FilterValue>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, writeTypedValue(value)]));
}
