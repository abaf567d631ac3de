import { deadLetterNotices, deadLetterQueueOf, type ResolvedQueue, type ResolvedTopology } from './topology.js';
import { delayLevels, deliveryExchange, deliveryPattern, queueTarget, topicTarget } from './delays.js';

type Arguments = Readonly<Record<string, string | number | boolean>>;

/** A durable topic exchange. */
export interface ExchangeDeclaration {
  readonly name: string;
}

/** A durable queue. */
export interface QueueDeclaration {
  readonly name: string;
  readonly arguments: Arguments;
  /** Whether all else works where it cannot be found or made at the moment; false when absent. */
  readonly isOptional?: boolean;
}

/** What an exchange passes on. */
export interface BindingDeclaration {
  readonly from: string;
  readonly to: { readonly queue: string } | { readonly exchange: string };
  readonly pattern: string;
}

/** What a topology is to RabbitMQ: all that has to exist, in an order in which it can be made. */
export interface Declarations {
  readonly exchanges: readonly ExchangeDeclaration[];
  readonly queues: readonly QueueDeclaration[];
  readonly bindings: readonly BindingDeclaration[];
}

/** What the broker lacks to dead-letter without losing anything, when it would rather drop a message than refuse one. */
const neverDrop = { 'x-overflow': 'reject-publish' } as const;
/** Dead-lettering of a quorum queue that keeps a message until its destination has it. */
const safeDeadLettering = { 'x-dead-letter-strategy': 'at-least-once', ...neverDrop } as const;

/**
 * A look at a dead letter is a delivery, so none may ever be too many. No limit at all would not do: from 4 on it means 20,
 * and a quorum queue without one puts what is handed back at its end, so that each look would change the order.
 */
const unreachableLimit = 2 ** 31 - 1;

/**
 * What nobody reads is dropped, oldest first: the letter itself is in its dead-letter queue, and a count finds it there.
 * Classic, so that while its node is away a letter goes without its notice: a quorum queue without a leader would hold up
 * the channel that publishes both.
 */
const noticesQueue: QueueDeclaration = {
  name: deadLetterNotices,
  arguments: {
    'x-queue-type': 'classic',
    'x-overflow': 'drop-head',
    'x-max-length': 10_000,
    'x-max-length-bytes': 64 * 1024 ** 2,
    'x-message-ttl': 60_000,
  },
  isOptional: true,
};

/**
 * Translates a topology: a queue is a queue with a dead-letter queue, a topic is a topic exchange, a subscription is a
 * binding by message type. Delays have an exchange and a quorum queue a level.
 */
export function declarationsOf(topology: ResolvedTopology): Declarations {
  const levels = delayLevels(topology.delayLevels);
  const queues = [...topology.queues.values()];
  return {
    exchanges: [...[...topology.topics.keys(), deliveryExchange], ...levels.map(({ name }) => name)].map((name) => ({
      name,
    })),
    queues: [
      ...queues.map(deadLetterQueue),
      ...queues.map((queue) => ({ name: queue.name, arguments: queueArguments(queue) })),
      ...levels.map(({ name, timeToLiveMs, next }) => ({
        name,
        arguments: {
          'x-queue-type': 'quorum',
          'x-message-ttl': timeToLiveMs,
          'x-dead-letter-exchange': next,
          ...safeDeadLettering,
        },
      })),
      ...(topology.deadLetterNotices ? [noticesQueue] : []),
    ],
    bindings: [
      ...levels.flatMap(({ name, next, waits, passes }) => [
        { from: name, to: { queue: name }, pattern: waits },
        { from: name, to: { exchange: next }, pattern: passes },
      ]),
      ...queues.map(({ name }) => delivered(name, queueTarget(name), topology.delayLevels)),
      ...topicBindings(topology),
    ],
  };
}

function queueArguments(queue: ResolvedQueue): Arguments {
  const { name, type, maxDeliveryCount, singleActiveConsumer, maxMessages } = queue;
  return {
    'x-queue-type': type,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': deadLetterQueueOf(name),
    // The broker counts redeliveries.
    ...(type === 'quorum' ? { 'x-delivery-limit': maxDeliveryCount - 1, ...safeDeadLettering } : neverDrop),
    ...(singleActiveConsumer && { 'x-single-active-consumer': true }),
    ...(maxMessages !== undefined && { 'x-max-length': maxMessages }),
  };
}

function deadLetterQueue({ name, type }: ResolvedQueue): QueueDeclaration {
  const limit = type === 'quorum' && { 'x-delivery-limit': unreachableLimit };
  return { name: deadLetterQueueOf(name), arguments: { 'x-queue-type': type, ...limit } };
}

/** What is published to a topic now, and what has waited for it. */
function topicBindings({ topics, delayLevels: levels }: ResolvedTopology): readonly BindingDeclaration[] {
  return [...topics].flatMap(([topic, subscriptions]) =>
    Object.values(subscriptions).flatMap(({ forwardTo, types = ['#'] }) =>
      types.flatMap((type) => [
        { from: topic, to: { queue: forwardTo }, pattern: type },
        delivered(forwardTo, topicTarget(topic, type), levels),
      ]),
    ),
  );
}

function delivered(queue: string, target: string, levels: number): BindingDeclaration {
  return { from: deliveryExchange, to: { queue }, pattern: deliveryPattern(target, levels) };
}

/** The declarations as text, one a line, for people. */
export function describeDeclarations({ exchanges, queues, bindings }: Declarations): string {
  const written = (values: Arguments): string =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  return [
    ...exchanges.map(({ name }) => `exchange ${name} (topic, durable)`),
    ...queues.map(({ name, arguments: values }) => `queue ${name} (durable) ${written(values)}`),
    ...bindings.map(({ from, to, pattern }) =>
      'queue' in to
        ? `binding ${from} -> queue ${to.queue} ${pattern}`
        : `binding ${from} -> exchange ${to.exchange} ${pattern}`,
    ),
  ].join('\n');
}
