import { TransportError } from '../../transport.js';
import type { RabbitMqQueue, RabbitMqSubscriptionRule, RabbitMqTopology } from './topology.js';

/** What we read of the file; anything in it may be missing or odd. */
interface Entity {
  readonly Name?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Subscriptions?: readonly Entity[];
  readonly Rules?: readonly Rule[];
}

interface Rule {
  readonly Name?: string;
  readonly Properties?: {
    readonly FilterType?: string;
    readonly CorrelationFilter?: Readonly<Record<string, unknown>>;
    readonly SqlFilter?: { readonly SqlExpression?: string };
  };
}

interface TopologyFile {
  readonly UserConfig?: {
    readonly Namespaces?: readonly { readonly Queues?: readonly Entity[]; readonly Topics?: readonly Entity[] }[];
  };
}

/**
 * The topology of a Service Bus emulator's `Config.json`, so that one file serves both brokers. Lock durations and
 * duplicate detection have no counterpart and are left out.
 *
 * @param file the parsed JSON
 * @throws TransportError `InvalidTopology` that lists what has no counterpart here and would change what is delivered
 */
export function readServiceBusTopology(file: unknown): RabbitMqTopology {
  const namespaces = (file as TopologyFile | null)?.UserConfig?.Namespaces;
  const problems: string[] = [];
  if (!Array.isArray(namespaces) || namespaces.length !== 1) {
    problems.push('it needs UserConfig.Namespaces with one entry');
  }
  const { Queues = [], Topics = [] } = namespaces?.[0] ?? {};
  const queues = Queues.map((queue) => readQueue(queue, problems));
  const topics = Topics.map((topic) => [nameOf(topic), readTopic(topic, problems)] as const);
  if (problems.length === 0) return { queues, topics: Object.fromEntries(topics) };
  throw new TransportError('InvalidTopology', `The file cannot be used for RabbitMQ: ${problems.join('; ')}.`, false);
}

function readQueue(queue: Entity, problems: string[]): RabbitMqQueue {
  const name = nameOf(queue);
  const { RequiresSession, ForwardTo, ForwardDeadLetteredMessagesTo, MaxDeliveryCount } = queue.Properties ?? {};
  if (RequiresSession === true) problems.push(`queue "${name}" requires sessions`);
  if (ForwardTo) problems.push(`queue "${name}" forwards`);
  if (ForwardDeadLetteredMessagesTo) problems.push(`queue "${name}" forwards its dead letters`);
  return { name, ...(MaxDeliveryCount !== undefined && { maxDeliveryCount: Number(MaxDeliveryCount) }) };
}

function readTopic(topic: Entity, problems: string[]): Record<string, RabbitMqSubscriptionRule> {
  const subscriptions = (topic.Subscriptions ?? []).map((subscription) => {
    const name = `${nameOf(topic)}/${nameOf(subscription)}`;
    const forwardTo = subscription.Properties?.['ForwardTo'];
    if (typeof forwardTo !== 'string' || forwardTo === '') problems.push(`subscription "${name}" forwards to no queue`);
    const rules = subscription.Rules ?? [];
    const types = rules.some(isTrue) ? [] : rules.flatMap((rule) => readRule(rule, name, problems));
    return [nameOf(subscription), { forwardTo: String(forwardTo), ...(types.length > 0 && { types }) }] as const;
  });
  return Object.fromEntries(subscriptions);
}

/** Whether a rule lets everything through. */
function isTrue({ Properties }: Rule): boolean {
  const expression = Properties?.SqlFilter?.SqlExpression ?? '';
  return Properties?.FilterType === 'Sql' && expression.replaceAll(' ', '') === '1=1';
}

/** The message type that a rule lets through. */
function readRule({ Name, Properties }: Rule, subscription: string, problems: string[]): readonly string[] {
  const { Label, ...others } = Properties?.CorrelationFilter ?? {};
  const isByType = Properties?.FilterType === 'Correlation' && typeof Label === 'string';
  if (isByType && Object.keys(others).length === 0) return [Label];
  problems.push(`rule "${Name}" of subscription "${subscription}" is no filter by label alone`);
  return [];
}

function nameOf({ Name }: Entity): string {
  return Name ?? '';
}
