import { readFile } from 'node:fs/promises';
import { TransportError } from '@orderflow/messaging';
import { parseTopology } from '@orderflow/servicebus-emulator';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { onOneLine } from '../one-line.js';
import { topologyFileOf } from '../topology-file.js';

/** What to do about what a broker answered; an error that says so itself is left as it is. */
export async function explainBroker(error: unknown, context: CommandContext): Promise<unknown> {
  if (!(error instanceof TransportError)) return error;
  const advice = await adviceFor(error, context);
  return advice === undefined ? error : new CommandError(advice, { cause: error });
}

async function adviceFor({ code, message }: TransportError, context: CommandContext): Promise<string | undefined> {
  switch (code) {
    case 'QueueNotFound':
    case 'TopicNotFound': {
      const names = await namesOf(context);
      const known = names.length > 0 ? ` There are: ${names.join(', ')}.` : '';
      return `The broker has no such queue or subscription.${known} A subscription is written topic/subscriptions/name.`;
    }
    case 'Unauthorized':
      return `${onOneLine(message)} Looking needs the right to listen, a replay the right to send as well: use another key or identity, or go through order-api (--api).`;
    case 'Unreachable':
    case 'Timeout':
      return `${onOneLine(message)} Start it with npm start, or name one that runs (SERVICEBUS_CONNECTION_STRING, RABBITMQ_URL). What was done stays done: call it again to go on.`;
    default:
      return undefined;
  }
}

/** Of the topology file; empty where it cannot be read, which is not what was asked for. */
async function namesOf(context: CommandContext): Promise<readonly string[]> {
  const topology = await readFile(topologyFileOf(context), 'utf8').then(parseTopology, () => undefined);
  if (topology === undefined) return [];
  const subscriptions = topology.topics.flatMap(({ name, subscriptions }) =>
    subscriptions.map((subscription) => `${name}/subscriptions/${subscription.name}`),
  );
  return [...topology.queues.map(({ name }) => name), ...subscriptions];
}
