import { readFile } from 'node:fs/promises';
import { parseTopology } from '@orderflow/servicebus-emulator';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { topologyFileOf } from '../topology-file.js';

/**
 * The queue that a subscription, written `topic/subscriptions/name`, forwards to by the topology file; undefined for a
 * queue. Asking the broker would need the right to manage.
 */
export async function forwardOf(context: CommandContext, place: string): Promise<string | undefined> {
  const [, topicName, name] = /^([^/]+)\/subscriptions\/([^/]+)$/i.exec(place) ?? [];
  if (topicName === undefined || name === undefined) return undefined;
  const file = topologyFileOf(context);
  const topology = await readFile(file, 'utf8').then(parseTopology, () => undefined);
  const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
  const topic = topology?.topics.find((found) => same(found.name, topicName));
  const forward = topic?.subscriptions.find((found) => same(found.name, name))?.options.forwardTo;
  if (forward !== undefined && forward !== '') return forward;
  throw new CommandError(`${file} does not say where ${place} forwards to: name the queue with --to.`);
}
