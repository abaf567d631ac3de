import type { AuthorizationRule } from '../entities/authorization-rule.js';
import type { QueueOptions, SubscriptionOptions, TopicOptions } from '../entities/options.js';
import type { Rule } from '../rules/index.js';

/** The entities that a broker starts with. */
export interface Topology {
  /** The namespace's name; it has no meaning to clients. */
  readonly namespace: string;
  /** Keys for the whole namespace. */
  readonly authorizationRules: readonly AuthorizationRule[];
  readonly queues: readonly QueueTopology[];
  readonly topics: readonly TopicTopology[];
}

export interface QueueTopology {
  readonly name: string;
  readonly options: QueueOptions;
  readonly authorizationRules: readonly AuthorizationRule[];
}

export interface TopicTopology {
  readonly name: string;
  readonly options: TopicOptions;
  readonly authorizationRules: readonly AuthorizationRule[];
  readonly subscriptions: readonly SubscriptionTopology[];
}

export interface SubscriptionTopology {
  readonly name: string;
  readonly options: SubscriptionOptions;
  /** Without any the subscription receives nothing. */
  readonly rules: readonly Rule[];
}

/** A mistake in a topology file. */
export interface TopologyProblem {
  /** Where in the file, such as `UserConfig.Namespaces[0].Queues[1].Properties.LockDuration`. */
  readonly path: string;
  readonly message: string;
}

/** A topology file has mistakes; all of them are listed. */
export class TopologyError extends Error {
  readonly problems: readonly TopologyProblem[];

  constructor(problems: readonly TopologyProblem[]) {
    const lines = problems.map(({ path, message }) => `  ${path === '' ? 'the file' : path}: ${message}`);
    super(
      `The topology has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}:\n${lines.join('\n')}`,
    );
    this.name = 'TopologyError';
    this.problems = problems;
  }
}
