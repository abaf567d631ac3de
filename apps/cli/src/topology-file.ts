import { join } from 'node:path';
import type { CommandContext } from './command-context.js';

/**
 * The file that says which queues, topics and subscriptions there are: `BROKER_TOPOLOGY`, else the checkout's; with
 * `ORDERED=true` the one with ordered queues.
 */
export function topologyFileOf({ workspace, environment }: Pick<CommandContext, 'workspace' | 'environment'>): string {
  const usual = environment['ORDERED'] === 'true' ? 'Config.ordered.json' : 'Config.json';
  return environment['BROKER_TOPOLOGY'] || join(workspace.root, 'infra', 'servicebus', usual);
}
