import { encodeProperty, toFilterValue } from '../../codec/application-properties.js';
import { ValueReader } from '../../codec/read-value.js';
import type { ValueWriter } from '../../codec/value-writer.js';
import type { SubscriptionEntity } from '../../entities/entity.js';
import { problemOfName } from '../../entities/entity-path.js';
import { BrokerError } from '../../entities/errors.js';
import type { CorrelationFilter, Filter, FilterValue, Rule, SqlAction } from '../../rules/index.js';
import type { FieldMap } from '../request.js';
import { DONE, NOTHING, type Operation, type OperationContext, required } from './operation.js';

export const addRule: Operation = (context, request) => {
  const { path } = subscriptionOf(context);
  const name = required(request.text('rule-name'), 'rule-name');
  const problem = problemOfName(name);
  if (problem) throw new BrokerError('com.microsoft:argument-error', problem);
  const description = required(request.map('rule-description'), 'rule-description');
  const action = readAction(description.map('sql-rule-action'));
  const rule: Rule = { name, filter: readFilter(description), ...(action && { action }) };
  context.core.namespace.addRule(path, rule, context.now);
  return DONE;
};

export const removeRule: Operation = (context, request) => {
  const { path } = subscriptionOf(context);
  context.core.namespace.removeRule(path, required(request.text('rule-name'), 'rule-name'), context.now);
  return DONE;
};

/** Lists rules by name, a page at a time. */
export const enumerateRules: Operation = (context, request) => {
  const skip = request.number('skip') ?? 0;
  const top = request.number('top') ?? 100;
  const rules = [...subscriptionOf(context).rules.list()]
    .sort((a, b) => (a.rule.name < b.rule.name ? -1 : 1))
    .slice(skip, skip + top);
  if (rules.length === 0) return NOTHING;
  return {
    status: 200,
    body: (writer) =>
      writer.map(1, (map) =>
        map.string('rules').list(rules.length, (list) => {
          for (const { rule, createdAt } of rules) {
            list.map(1, (item) => writeRule(item.string('rule-description'), rule, createdAt));
          }
        }),
      ),
  };
};

const RULE = 0x13700000004n;
const EMPTY_ACTION = 0x13700000005n;
const SQL_ACTION = 0x13700000006n;
const SQL_FILTER = 0x1370000006n;
const TRUE_FILTER = 0x1370000007n;
const FALSE_FILTER = 0x1370000008n;
const CORRELATION_FILTER = 0x1370000009n;
/** The version of the SQL grammar. */
const COMPATIBILITY_LEVEL = 20;

function writeRule(writer: ValueWriter, rule: Rule, createdAt: number): void {
  writer.wideDescriptor(RULE).list(4, (list) => {
    writeFilter(list, rule.filter);
    if (rule.action) writeSql(list.wideDescriptor(SQL_ACTION), rule.action.expression);
    else list.wideDescriptor(EMPTY_ACTION).list(0, () => undefined);
    list.string(rule.name).timestamp(createdAt);
  });
}

function writeFilter(writer: ValueWriter, filter: Filter): void {
  switch (filter.kind) {
    case 'sql':
      return writeSql(writer.wideDescriptor(SQL_FILTER), filter.expression);
    case 'true':
      return void writer.wideDescriptor(TRUE_FILTER).list(0, () => undefined);
    case 'false':
      return void writer.wideDescriptor(FALSE_FILTER).list(0, () => undefined);
    case 'correlation':
      return writeCorrelation(writer.wideDescriptor(CORRELATION_FILTER), filter);
  }
}

function writeSql(writer: ValueWriter, expression: string): void {
  writer.list(2, (list) => list.string(expression).int(COMPATIBILITY_LEVEL));
}

/** The fields of a correlation filter in the order of its description, with their names in an add-rule request. */
const CORRELATION_FIELDS = [
  ['correlationId', 'correlation-id'],
  ['messageId', 'message-id'],
  ['to', 'to'],
  ['replyTo', 'reply-to'],
  ['subject', 'label'],
  ['sessionId', 'session-id'],
  ['replyToSessionId', 'reply-to-session-id'],
  ['contentType', 'content-type'],
] as const satisfies readonly (readonly [keyof CorrelationFilter, string])[];

function writeCorrelation(writer: ValueWriter, filter: CorrelationFilter): void {
  const properties = Object.entries(filter.properties ?? {});
  writer.list(9, (list) => {
    for (const [field] of CORRELATION_FIELDS) {
      const value = filter[field];
      if (value === undefined) list.null();
      else list.string(value);
    }
    list.map(properties.length, (map) => {
      for (const [name, value] of properties) map.string(name).raw(encodeProperty(value));
    });
  });
}

function readFilter(description: FieldMap): Filter {
  const sql = description.map('sql-filter');
  if (sql) return { kind: 'sql', expression: required(sql.text('expression'), 'expression') };
  const correlation = description.map('correlation-filter');
  if (!correlation) return { kind: 'true' };
  const fields = CORRELATION_FIELDS.flatMap(([field, name]) => {
    const value = correlation.text(name);
    return value === undefined ? [] : [[field, value] as const];
  });
  return { kind: 'correlation', ...Object.fromEntries(fields), properties: readValues(correlation.map('properties')) };
}

function readValues(map: FieldMap | undefined): Record<string, FilterValue> {
  return Object.fromEntries(
    [...(map?.entries() ?? [])].map(([name, encoded]) => [name, toFilterValue(new ValueReader(encoded).next())]),
  );
}

function readAction(action: FieldMap | undefined): SqlAction | undefined {
  const expression = action?.text('expression');
  return expression === undefined ? undefined : { expression };
}

function subscriptionOf({ entity }: OperationContext): SubscriptionEntity {
  if (entity.kind === 'subscription') return entity;
  throw new BrokerError('amqp:not-allowed', `'${entity.path}' has no rules: only subscriptions have.`);
}
