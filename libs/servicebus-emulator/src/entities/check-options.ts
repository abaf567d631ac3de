import { BrokerError } from './errors.js';
import { LIMITS, sizeInMegabytes, type QueueOptions, type SubscriptionOptions, type TopicOptions } from './options.js';

type AnyOptions = QueueOptions | TopicOptions | SubscriptionOptions;

const STATUSES = ['Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled'];

/** @throws BrokerError argument-error that lists everything wrong with the options */
export function checkOptions(path: string, options: AnyOptions): void {
  const problems = problemsOf(options);
  if (problems.length > 0) throw new BrokerError('com.microsoft:argument-error', `'${path}': ${problems.join(' ')}`);
}

function problemsOf(options: AnyOptions): readonly string[] {
  const problems: string[] = [];
  for (const [name, [least, most]] of Object.entries(LIMITS)) {
    const value = (options as unknown as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (typeof value === 'number' && value >= least && value <= most) continue;
    problems.push(`${name} must be between ${least} and ${most}, not ${String(value)}.`);
  }
  if ('maxMessageSizeInKilobytes' in options) problems.push(...problemsOfSizes(options));
  if (!STATUSES.includes(options.status)) problems.push(`status must be one of ${STATUSES.join(', ')}.`);
  if (options.userMetadata.length > 1024) problems.push('userMetadata must have at most 1,024 characters.');
  if ('requiresSession' in options && options.requiresSession && options.forwardTo !== undefined) {
    problems.push('An entity that requires sessions cannot forward its messages: forwardTo must be absent.');
  }
  return problems;
}

/** What Premium begins with (Learn, "Service Bus quotas"); below it there is the size of Standard only. */
const LEAST_LARGE_KILOBYTES = 1_024;

function problemsOfSizes(options: QueueOptions | TopicOptions): readonly string[] {
  const { maxMessageSizeInKilobytes: kilobytes, maxSizeInMegabytes: megabytes } = options;
  const problems: string[] = [];
  if (kilobytes > LIMITS.maxMessageSizeInKilobytes[0] && kilobytes < LEAST_LARGE_KILOBYTES) {
    problems.push(`maxMessageSizeInKilobytes must be 256, or between 1024 and 102400, not ${kilobytes}.`);
  }
  const most = LIMITS.maxSizeInMegabytes[1];
  if (megabytes <= most && sizeInMegabytes(options) > most) {
    problems.push(`maxSizeInMegabytes must be at most ${most / 16} for a partitioned entity, not ${megabytes}.`);
  }
  return problems;
}

const FIXED = ['requiresSession', 'requiresDuplicateDetection', 'enablePartitioning'];

/** @throws BrokerError when an update changes what is fixed at creation */
export function checkFixed(path: string, before: AnyOptions, after: AnyOptions): void {
  const values = (options: AnyOptions) => options as unknown as Record<string, unknown>;
  const changed = FIXED.filter((name) => values(before)[name] !== values(after)[name]);
  if (changed.length > 0) {
    throw new BrokerError(
      'com.microsoft:argument-error',
      `'${path}': ${changed.join(', ')} cannot be changed after creation.`,
    );
  }
}
