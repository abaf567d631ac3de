import { LIMITS, type QueueOptions, type SubscriptionOptions, type TopicOptions } from '../entities/options.js';
import { formatDuration, parseDuration } from './duration.js';
import type { ObjectReader } from './object-reader.js';

type OptionName = keyof QueueOptions | keyof TopicOptions | keyof SubscriptionOptions;
type AnyOptions = QueueOptions | TopicOptions | SubscriptionOptions;
type OptionValue = string | number | boolean | undefined;

interface FieldType {
  readonly expected: string;
  /** Answers undefined for what is no such value. */
  readonly read: (value: unknown) => OptionValue;
  readonly write: (value: OptionValue) => unknown;
}

const asIs = (value: OptionValue) => value;

const DURATION: FieldType = {
  expected: 'an ISO 8601 duration such as PT1M',
  read: (value) => (typeof value === 'string' ? parseDuration(value) : undefined),
  write: (value) => formatDuration(Number(value)),
};
const INTEGER: FieldType = {
  expected: 'a whole number',
  read: (value) => (Number.isSafeInteger(value) ? (value as number) : undefined),
  write: asIs,
};
const BOOLEAN: FieldType = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
  write: asIs,
};
const TEXT: FieldType = {
  expected: 'a string of at most 1024 characters',
  read: (value) => (typeof value === 'string' && value.length <= 1024 ? value : undefined),
  write: asIs,
};
const STATUSES = ['Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled'];
const STATUS: FieldType = {
  expected: `one of ${STATUSES.join(', ')}`,
  read: (value) => STATUSES.find((status) => status === value),
  write: asIs,
};
/** A name in this namespace, or its URI. The emulator's own files write '' for none. */
const ENTITY: FieldType = {
  expected: 'the name of a queue or topic',
  read: (value) => (typeof value === 'string' ? value.replace(/^\w+:\/\/[^/]*\//, '') : undefined),
  write: asIs,
};

/** Every property of queues, topics and subscriptions, by Azure's spelling. */
const FIELDS: readonly (readonly [name: string, option: OptionName, type: FieldType])[] = [
  ['LockDuration', 'lockDuration', DURATION],
  ['MaxDeliveryCount', 'maxDeliveryCount', INTEGER],
  ['RequiresSession', 'requiresSession', BOOLEAN],
  ['DefaultMessageTimeToLive', 'defaultMessageTimeToLive', DURATION],
  ['DeadLetteringOnMessageExpiration', 'deadLetteringOnMessageExpiration', BOOLEAN],
  ['DeadLetteringOnFilterEvaluationExceptions', 'deadLetteringOnFilterEvaluationExceptions', BOOLEAN],
  ['RequiresDuplicateDetection', 'requiresDuplicateDetection', BOOLEAN],
  ['DuplicateDetectionHistoryTimeWindow', 'duplicateDetectionHistoryTimeWindow', DURATION],
  ['ForwardTo', 'forwardTo', ENTITY],
  ['ForwardDeadLetteredMessagesTo', 'forwardDeadLetteredMessagesTo', ENTITY],
  ['AutoDeleteOnIdle', 'autoDeleteOnIdle', DURATION],
  ['MaxSizeInMegabytes', 'maxSizeInMegabytes', INTEGER],
  ['MaxMessageSizeInKilobytes', 'maxMessageSizeInKilobytes', INTEGER],
  ['Status', 'status', STATUS],
  ['UserMetadata', 'userMetadata', TEXT],
  ['EnableBatchedOperations', 'enableBatchedOperations', BOOLEAN],
  ['EnablePartitioning', 'enablePartitioning', BOOLEAN],
  ['EnableExpress', 'enableExpress', BOOLEAN],
  ['SupportOrdering', 'supportOrdering', BOOLEAN],
];

/** Reads the `Properties` of an entity over Azure's defaults; what the defaults do not have is refused. */
export function readOptions<T extends AnyOptions>(entity: ObjectReader, defaults: T): T {
  const properties = entity.object('Properties');
  if (properties === undefined) {
    return defaults;
  }
  const given = fieldsOf(defaults).flatMap(([name, option, type]) => {
    const value = properties.optional(name, type.expected, type.read);
    if (value === undefined || value === '') {
      return [];
    }
    checkLimits(properties, name, option, type, value);
    return [[option, value] as const];
  });
  properties.refuseOthers();
  return { ...defaults, ...Object.fromEntries(given) };
}

/** Writes the options that differ from Azure's defaults. */
export function writeOptions<T extends AnyOptions>(options: T, defaults: T): Record<string, unknown> {
  const changed = fieldsOf(defaults).filter(([, option]) => valueOf(options, option) !== valueOf(defaults, option));
  return Object.fromEntries(changed.map(([name, option, type]) => [name, type.write(valueOf(options, option))]));
}

function fieldsOf(defaults: AnyOptions) {
  return FIELDS.filter(([, option]) => option in defaults);
}

function valueOf(options: AnyOptions, option: OptionName): OptionValue {
  return (options as Partial<Record<OptionName, OptionValue>>)[option];
}

function checkLimits(
  reader: ObjectReader,
  name: string,
  option: OptionName,
  type: FieldType,
  value: OptionValue,
): void {
  const limits = (LIMITS as Partial<Record<OptionName, readonly [number, number]>>)[option];
  if (limits !== undefined && typeof value === 'number' && (value < limits[0] || value > limits[1])) {
    const [least, most] = limits.map((limit) => String(type.write(limit)));
    reader.problem(name, `must be from ${least} to ${most}, not ${String(type.write(value))}`);
  }
}
