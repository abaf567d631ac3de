import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { DEFAULT_QUEUE_OPTIONS, DEFAULT_SUBSCRIPTION_OPTIONS, DEFAULT_TOPIC_OPTIONS } from '../entities/options.js';
import { readAuthorizationRules } from './authorization-fields.js';
import { checkTopology } from './check-topology.js';
import { ObjectReader } from './object-reader.js';
import { readOptions } from './option-fields.js';
import { readRules } from './rule-fields.js';
import {
  type QueueTopology,
  type SubscriptionTopology,
  type Topology,
  TopologyError,
  type TopologyProblem,
  type TopicTopology,
} from './topology.js';

/** Where the one namespace is. */
const ROOT = 'UserConfig.Namespaces[0]';

/**
 * Reads a topology from the text of a file in the format of Microsoft's emulator (`Config.json`): JSON, comments and
 * trailing commas allowed. Everything that a queue, topic, subscription or rule can have on Azure may be given; what
 * is not given has Azure's default.
 * @throws TopologyError that lists every mistake with its path in the file
 */
export function parseTopology(text: string): Topology {
  const problems: TopologyProblem[] = [];
  const file = new ObjectReader(parseJson(text), '', problems);
  const config = new ObjectReader(file.value('UserConfig') ?? {}, 'UserConfig', problems);
  file.value('$schema');
  // How the emulator of Microsoft logs; ours has a flag on the command line.
  config.value('Logging');
  const namespaces = config.objects('Namespaces');
  config.refuseOthers();
  file.refuseOthers();
  const [namespace] = namespaces;
  if (namespace === undefined || namespaces.length > 1) {
    config.problem('Namespaces', `expected exactly one namespace, not ${namespaces.length}`);
  }
  if (namespace === undefined) {
    throw new TopologyError(problems);
  }
  const topology = readNamespace(namespace);
  problems.push(...checkTopology(topology, ROOT));
  if (problems.length > 0) {
    throw new TopologyError(problems);
  }
  return topology;
}

function parseJson(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true });
  if (errors.length > 0) {
    throw new TopologyError(errors.map((error) => ({ path: place(text, error.offset), message: syntaxError(error) })));
  }
  return value;
}

function place(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function syntaxError({ error }: ParseError): string {
  // 'CommaExpected' reads as 'comma expected'.
  return printParseErrorCode(error)
    .replaceAll(/(?<=.)[A-Z]/g, ' $&')
    .toLowerCase();
}

function readNamespace(namespace: ObjectReader): Topology {
  const topology: Topology = {
    namespace: namespace.text('Name') ?? 'sbemulatorns',
    authorizationRules: readAuthorizationRules(namespace),
    queues: namespace.objects('Queues').map(readQueue),
    topics: namespace.objects('Topics').map(readTopic),
  };
  namespace.refuseOthers();
  return topology;
}

function readQueue(queue: ObjectReader): QueueTopology {
  const read: QueueTopology = {
    name: queue.requiredText('Name'),
    options: readOptions(queue, DEFAULT_QUEUE_OPTIONS),
    authorizationRules: readAuthorizationRules(queue),
  };
  queue.refuseOthers();
  return read;
}

function readTopic(topic: ObjectReader): TopicTopology {
  const read: TopicTopology = {
    name: topic.requiredText('Name'),
    options: readOptions(topic, DEFAULT_TOPIC_OPTIONS),
    authorizationRules: readAuthorizationRules(topic),
    subscriptions: topic.objects('Subscriptions').map(readSubscription),
  };
  topic.refuseOthers();
  return read;
}

function readSubscription(subscription: ObjectReader): SubscriptionTopology {
  const read: SubscriptionTopology = {
    name: subscription.requiredText('Name'),
    options: readOptions(subscription, DEFAULT_SUBSCRIPTION_OPTIONS),
    rules: readRules(subscription),
  };
  subscription.refuseOthers();
  return read;
}
