import type { CorrelationFilter, Filter, FilterValue, Rule, SqlAction } from '../../rules/index.js';
import { BrokerError } from '../../entities/errors.js';
import { child, textOf, type XmlElement } from '../xml.js';
import { formatValues, readValues } from './rule-values.js';

const INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';
/** The version of the SQL grammar. */
const COMPATIBILITY_LEVEL = 20;

type CorrelationText = Exclude<keyof CorrelationFilter, 'kind' | 'properties'>;

const CORRELATION_FIELDS: readonly (readonly [element: string, field: CorrelationText])[] = [
  ['CorrelationId', 'correlationId'],
  ['MessageId', 'messageId'],
  ['To', 'to'],
  ['ReplyTo', 'replyTo'],
  ['Label', 'subject'],
  ['SessionId', 'sessionId'],
  ['ReplyToSessionId', 'replyToSessionId'],
  ['ContentType', 'contentType'],
];

/** Reads a RuleDescription. @throws BrokerError argument-error */
export function readRule(name: string, description: XmlElement): Rule {
  const action = readAction(child(description, 'Action'));
  return { name, filter: readFilter(child(description, 'Filter')), ...(action && { action }) };
}

function readFilter(filter: XmlElement | undefined): Filter {
  const type = String(filter?.['@type'] ?? 'TrueFilter').replace(/^.*:/, '');
  switch (type) {
    case 'TrueFilter':
      return { kind: 'true' };
    case 'FalseFilter':
      return { kind: 'false' };
    case 'SqlFilter':
      return { kind: 'sql', ...readSql(filter) };
    case 'CorrelationFilter':
      return readCorrelation(filter);
    default:
      throw new BrokerError('com.microsoft:argument-error', `A filter of type '${type}' is not known.`);
  }
}

function readCorrelation(filter: XmlElement | undefined): Filter {
  const texts = CORRELATION_FIELDS.flatMap(([element, field]) => {
    const text = textOf(filter, element);
    return text === undefined || text === '' ? [] : [[field, text] as const];
  });
  return { kind: 'correlation', ...Object.fromEntries(texts), ...named('properties', filter, 'Properties') };
}

function readAction(action: XmlElement | undefined): SqlAction | undefined {
  return textOf(action, 'SqlExpression') === undefined ? undefined : readSql(action);
}

function readSql(element: XmlElement | undefined): SqlAction {
  return { expression: textOf(element, 'SqlExpression') ?? '', ...named('parameters', element, 'Parameters') };
}

function named<K extends string>(key: K, element: XmlElement | undefined, name: string) {
  const values = readValues(child(element, name));
  return Object.keys(values).length === 0 ? {} : ({ [key]: values } as Record<K, Record<string, FilterValue>>);
}

/** Writes a RuleDescription. */
export function formatRule({ name, filter, action }: Rule, createdAt: number): XmlElement {
  return {
    Filter: { '@xmlns:i': INSTANCE, ...formatFilter(filter) },
    Action: { '@xmlns:i': INSTANCE, ...formatAction(action) },
    CreatedAt: new Date(createdAt).toISOString(),
    Name: name,
  };
}

function formatFilter(filter: Filter): XmlElement {
  switch (filter.kind) {
    case 'true':
      return { '@i:type': 'TrueFilter', ...formatSql({ expression: '1=1' }) };
    case 'false':
      return { '@i:type': 'FalseFilter', ...formatSql({ expression: '1=0' }) };
    case 'sql':
      return { '@i:type': 'SqlFilter', ...formatSql(filter) };
    case 'correlation':
      return {
        '@i:type': 'CorrelationFilter',
        ...Object.fromEntries(CORRELATION_FIELDS.map(([element, field]) => [element, filter[field]])),
        ...formatValues('Properties', filter.properties),
      };
  }
}

function formatAction(action: SqlAction | undefined): XmlElement {
  return action ? { '@i:type': 'SqlRuleAction', ...formatSql(action) } : { '@i:type': 'EmptyRuleAction' };
}

function formatSql({ expression, parameters }: SqlAction): XmlElement {
  return {
    SqlExpression: expression,
    CompatibilityLevel: COMPATIBILITY_LEVEL,
    ...formatValues('Parameters', parameters),
  };
}
