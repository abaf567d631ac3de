import { join } from 'node:path';
import type { CommandContext } from './command-context.js';

/** The file that says which queues, topics and subscriptions there are: `BROKER_TOPOLOGY`, else the checkout's. */
export function topologyFileOf({ workspace, environment }: CommandContext): string {
  return environment['BROKER_TOPOLOGY'] || join(workspace.root, 'infra', 'servicebus', 'Config.json');
}
