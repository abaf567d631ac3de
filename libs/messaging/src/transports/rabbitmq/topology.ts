import { rangeProblems } from '../../resolve-options.js';
import { LONGEST_DELAY_MS } from '../../retry/retry-policy.js';
import { TransportError } from '../../transport.js';
import { delayedRoute, levelsFor, queueTarget } from './delays.js';

/** The queues there are, and the topics whose subscriptions forward into them. */
export interface RabbitMqTopology {
  readonly queues: readonly RabbitMqQueue[];
  /** Subscriptions by topic and name. */
  readonly topics?: Readonly<Record<string, Readonly<Record<string, RabbitMqSubscriptionRule>>>>;
  /**
   * The longest delay of a retry or a scheduled message, in milliseconds, 1,000 to 10 years; 7 days when absent. It
   * decides how many delay queues there are, so it has to be the same for every user of a virtual host.
   */
  readonly longestDelayMs?: number;
  /**
   * Tells `DeadLetters.watch` of what consumers give up, by a copy of each letter in one more queue, which is bounded; false
   * when absent. It has to be the same for every user of a virtual host.
   */
  readonly deadLetterNotices?: boolean;
}

export interface RabbitMqQueue {
  readonly name: string;
  /** `quorum` when absent. A classic queue counts no crashes, so the broker never gives a message of it up. */
  readonly type?: 'quorum' | 'classic';
  /** Deliveries that may end in a crash before the broker dead-letters the message, 1 to 2,000; 10 when absent. */
  readonly maxDeliveryCount?: number;
  /** Only one consumer of several receives at a time, so that messages are handled in order; false when absent. */
  readonly singleActiveConsumer?: boolean;
  /** Messages it holds before sends to it are refused (`QueueFull`), 1 or more; any number when absent. */
  readonly maxMessages?: number;
}

/** What a topic passes on to a queue. */
export interface RabbitMqSubscriptionRule {
  /** The queue that gets a copy of each message. */
  readonly forwardTo: string;
  /** The message types it wants; all when absent. */
  readonly types?: readonly string[];
}

/** A queue with every default filled in. */
export type ResolvedQueue = Required<Omit<RabbitMqQueue, 'maxMessages'>> & Pick<RabbitMqQueue, 'maxMessages'>;

/** A topology with every default filled in. */
export interface ResolvedTopology {
  readonly queues: ReadonlyMap<string, ResolvedQueue>;
  readonly topics: ReadonlyMap<string, Readonly<Record<string, RabbitMqSubscriptionRule>>>;
  /** How many delay queues there are. */
  readonly delayLevels: number;
  readonly deadLetterNotices: boolean;
}

/** The longest name of a queue or exchange, and the longest routing key, in bytes of UTF-8. */
const longestName = 255;
/** What ours are called ends or begins so, or the broker keeps it for itself. */
const reserved = /^amq\.|^messaging\.|\.dead-letters$/;
const tenYearsMs = 10 * 366 * 24 * 3_600_000;

const deadLetterSuffix = '.dead-letters';

/** The name of a queue's dead-letter queue. */
export function deadLetterQueueOf(queue: string): string {
  return `${queue}${deadLetterSuffix}`;
}

/** The queue whose dead letters are in that queue; undefined when it is no dead-letter queue. */
export function queueOfDeadLetters(name: string): string | undefined {
  return name.endsWith(deadLetterSuffix) ? name.slice(0, -deadLetterSuffix.length) : undefined;
}

/** The queue with a copy of each letter that a consumer gave up a moment ago. */
export const deadLetterNotices = 'messaging.dead-letter-notices';

/**
 * Fills in the defaults and checks everything.
 * @throws TransportError `InvalidTopology` that lists every problem
 */
export function resolveTopology(topology: RabbitMqTopology): ResolvedTopology {
  const longestDelayMs = topology.longestDelayMs ?? LONGEST_DELAY_MS;
  const queues = topology.queues.map(resolveQueue);
  const topics = Object.entries(topology.topics ?? {});
  const names = new Set(queues.map(({ name }) => name));
  const delayProblems = rangeProblems({ longestDelayMs }, { longestDelayMs: { min: 1_000, max: tenYearsMs } });
  const levels = delayProblems.length === 0 ? levelsFor(longestDelayMs) : 1;
  const problems = [
    ...delayProblems,
    ...queues.flatMap((queue) => queueProblems(queue, levels)),
    ...repeated(queues.map(({ name }) => name)).map((name) => `queue "${name}" is named twice`),
    ...topics.flatMap(([topic, subscriptions]) => topicProblems(topic, subscriptions, names)),
  ];
  if (problems.length > 0) {
    throw new TransportError('InvalidTopology', `The topology cannot be used: ${problems.join('; ')}.`, false);
  }
  return Object.freeze({
    queues: new Map(queues.map((queue) => [queue.name, queue])),
    topics: new Map(topics),
    delayLevels: levels,
    deadLetterNotices: topology.deadLetterNotices ?? false,
  });
}

function resolveQueue(queue: RabbitMqQueue): ResolvedQueue {
  return Object.freeze({
    name: queue.name,
    type: queue.type ?? 'quorum',
    maxDeliveryCount: queue.maxDeliveryCount ?? 10,
    singleActiveConsumer: queue.singleActiveConsumer ?? false,
    ...(queue.maxMessages !== undefined && { maxMessages: queue.maxMessages }),
  });
}

function queueProblems({ name, maxDeliveryCount, maxMessages = 1 }: ResolvedQueue, levels: number): string[] {
  const delayed = delayedRoute(1, queueTarget(name), levels)?.routingKey ?? '';
  const ranges = rangeProblems(
    { maxDeliveryCount, maxMessages },
    { maxDeliveryCount: { min: 1, max: 2_000, whole: true }, maxMessages: { min: 1, whole: true } },
  );
  return [
    ...nameProblems('queue', name, [deadLetterQueueOf(name), delayed]),
    ...ranges.map((problem) => `queue "${name}": ${problem}`),
  ];
}

function topicProblems(
  topic: string,
  subscriptions: Readonly<Record<string, RabbitMqSubscriptionRule>>,
  queues: ReadonlySet<string>,
): string[] {
  return [
    ...nameProblems('topic', topic, [topic]),
    ...Object.entries(subscriptions).flatMap(([name, { forwardTo, types = [] }]) => [
      ...(queues.has(forwardTo) ? [] : [`${topic}/${name} forwards to "${forwardTo}", which is no queue`]),
      ...types.filter(isPattern).map((type) => `${topic}/${name} wants the type "${type}", which would be a pattern`),
    ]),
  ];
}

function nameProblems(kind: string, name: string, derived: readonly string[]): string[] {
  if (name === '') return [`a ${kind} has no name`];
  if (reserved.test(name)) return [`the ${kind} name "${name}" is reserved`];
  const tooLong = derived.some((text) => Buffer.byteLength(text) > longestName);
  return tooLong ? [`the ${kind} name "${name}" is too long`] : [];
}

/** Whether a topic exchange would take the type for a pattern. */
function isPattern(type: string): boolean {
  return type.split('.').some((part) => part === '*' || part === '#');
}

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
