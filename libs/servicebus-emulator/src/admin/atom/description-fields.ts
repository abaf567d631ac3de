import { checkOptions } from '../../entities/check-options.js';
import { BrokerError } from '../../entities/errors.js';
import type { QueueOptions, SubscriptionOptions, TopicOptions } from '../../entities/options.js';
import { formatDuration, parseDuration } from '../../topology/index.js';
import { textOf, type XmlElement } from '../xml.js';
import { readAuthorizationRules } from './authorization-xml.js';

export type AnyOptions = QueueOptions | TopicOptions | SubscriptionOptions;
type OptionName = keyof QueueOptions | keyof TopicOptions | keyof SubscriptionOptions;
type OptionValue = string | number | boolean | undefined;

interface FieldType {
  readonly expected: string;
  /** Answers undefined for what is no such value. */
  readonly read: (text: string) => OptionValue;
  /** @param base the namespace's own URL */
  readonly write: (value: OptionValue, base: string) => string;
}

const DURATION: FieldType = {
  expected: 'an ISO 8601 duration such as PT1M',
  read: (text) => parseDuration(text),
  write: (value) => formatDuration(Number(value)),
};
const INTEGER: FieldType = {
  expected: 'a whole number',
  read: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined),
  write: String,
};
const BOOLEAN: FieldType = {
  expected: 'true or false',
  read: (text) => ({ true: true, false: false, 1: true, 0: false })[text.toLowerCase()],
  write: String,
};
const TEXT: FieldType = { expected: 'a text', read: (text) => text, write: String };
/** A name, or its URI in this namespace; answered as the URI. */
const ENTITY: FieldType = {
  expected: 'the name of a queue or topic',
  read: (text) => decodeURIComponent(text.replace(/^\w+:\/\/[^/]*\//, '')),
  write: (value, base) => (value === undefined ? '' : `${base.replace(/^\w+:/, 'sb:')}${String(value)}`),
};

/** The elements of a description, in Azure's order. */
const FIELDS: readonly (readonly [element: string, option: OptionName, type: FieldType])[] = [
  ['LockDuration', 'lockDuration', DURATION],
  ['MaxSizeInMegabytes', 'maxSizeInMegabytes', INTEGER],
  ['RequiresDuplicateDetection', 'requiresDuplicateDetection', BOOLEAN],
  ['RequiresSession', 'requiresSession', BOOLEAN],
  ['DefaultMessageTimeToLive', 'defaultMessageTimeToLive', DURATION],
  ['DeadLetteringOnMessageExpiration', 'deadLetteringOnMessageExpiration', BOOLEAN],
  ['DeadLetteringOnFilterEvaluationExceptions', 'deadLetteringOnFilterEvaluationExceptions', BOOLEAN],
  ['DuplicateDetectionHistoryTimeWindow', 'duplicateDetectionHistoryTimeWindow', DURATION],
  ['MaxDeliveryCount', 'maxDeliveryCount', INTEGER],
  ['EnableBatchedOperations', 'enableBatchedOperations', BOOLEAN],
  ['Status', 'status', TEXT],
  ['ForwardTo', 'forwardTo', ENTITY],
  ['UserMetadata', 'userMetadata', TEXT],
  ['SupportOrdering', 'supportOrdering', BOOLEAN],
  ['AutoDeleteOnIdle', 'autoDeleteOnIdle', DURATION],
  ['EnablePartitioning', 'enablePartitioning', BOOLEAN],
  ['ForwardDeadLetteredMessagesTo', 'forwardDeadLetteredMessagesTo', ENTITY],
  ['EnableExpress', 'enableExpress', BOOLEAN],
  ['MaxMessageSizeInKilobytes', 'maxMessageSizeInKilobytes', INTEGER],
];

/** Came with api-version 2021-05. */
const NEW_IN_2021 = 'MaxMessageSizeInKilobytes';

/**
 * Reads a description over `defaults`.
 * @throws BrokerError argument-error that lists everything wrong with it
 */
export function readDescription<T extends AnyOptions>(path: string, description: XmlElement, defaults: T): T {
  const problems: string[] = [];
  const given: Record<string, unknown> = {};
  for (const [element, option, type] of FIELDS) {
    const text = textOf(description, element);
    if (text === undefined || text === '' || !(option in defaults)) continue;
    const value = type.read(type === TEXT ? text : text.trim());
    if (value === undefined) problems.push(`${element} must be ${type.expected}, not '${text}'.`);
    else given[option] = value;
  }
  if ('authorizationRules' in defaults) {
    const rules = readAuthorizationRules(description, problems);
    if (rules) given['authorizationRules'] = rules;
  }
  const options = { ...defaults, ...given };
  checkAll(path, options, problems);
  return options;
}

function checkAll(path: string, options: AnyOptions, problems: readonly string[]): void {
  let others = '';
  try {
    checkOptions(path, options);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    if (problems.length === 0) throw error;
    others = ` ${error.message}`;
  }
  if (problems.length > 0) {
    throw new BrokerError('com.microsoft:argument-error', `'${path}': ${problems.join(' ')}${others}`);
  }
}

/** The elements of an entity's own options. What is not set, such as ForwardTo, is left out. */
export function formatOptions(options: AnyOptions, base: string, apiVersion: string): Record<string, string> {
  const values = options as unknown as Readonly<Record<string, OptionValue>>;
  const fields = FIELDS.filter(
    ([element, option]) =>
      option in options &&
      values[option] !== undefined &&
      values[option] !== '' &&
      !(element === NEW_IN_2021 && apiVersion < '2021'),
  );
  return Object.fromEntries(fields.map(([element, option, type]) => [element, type.write(values[option], base)]));
}
