import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { untilAskedToStop } from '../child/supervised.js';
import type { CommandContext } from '../command-context.js';
import { type EventsRequest, findOpsApi, NoAnswer, type OpsApi } from './ops-api.js';
import type { Group, Queue, Replay } from './ops-answers.js';

/** How long the API may be away before the command gives up, in milliseconds: a replica that ends, or a restart. */
const outageMs = 60_000;
const tryAgainMs = 1_000;

interface WatchFlags {
  readonly json?: boolean;
}

/** `orderflow dlq watch`. */
export function addWatchCommand(program: Command, context: CommandContext): void {
  const dlq = program.commands.find((command) => command.name() === 'dlq');
  if (!dlq) throw new Error('There is no command dlq to add to.');
  dlq
    .command('watch')
    .argument('<queue>', 'a queue, or topic/subscriptions/name')
    .description('follow the dead letters of a queue and its replays until Ctrl-C (asks order-api)')
    .option('--json', 'a JSON document a line')
    .addHelpText('after', '\nExample:\n  $ orderflow dlq watch orders')
    .action((queue: string, { json }: WatchFlags) =>
      untilAskedToStop(async (asked) => {
        const ending = new AbortController();
        const watching = watchDeadLetters(findOpsApi(context), queue, {
          signal: ending.signal,
          show: json === true ? (name, data) => console.log(JSON.stringify({ [name]: data })) : showLines(),
        });
        await Promise.race([asked, watching]).finally(() => ending.abort());
        await watching;
      }),
    );
}

type Show = (name: 'queue' | 'group' | 'replay', data: object) => void;

/**
 * Shows how a queue is, and then everything that changes of it, until the signal is aborted. A stream that ends is begun
 * anew where it ended. Rejects when the API is away for a minute, or refuses.
 */
export async function watchDeadLetters(
  api: OpsApi,
  queue: string,
  { signal, show: tell }: { readonly signal: AbortSignal; readonly show: Show },
): Promise<void> {
  let lastId: string | undefined;
  let answeredAt = performance.now();
  const tellQueue = async (): Promise<void> =>
    tell('queue', await api.get<Queue>(`/ops/queues/${encodeURIComponent(queue)}`));
  while (!signal.aborted) {
    try {
      const request: EventsRequest = { topics: ['queues', 'groups', 'replay'], lastId, signal };
      for await (const { id, name, data } of api.events(request)) {
        answeredAt = performance.now();
        const isNew = lastId === undefined;
        lastId = id ?? lastId;
        if (name === 'resync' || (name === 'hello' && isNew)) await tellQueue();
        else tellOf(queue, name, JSON.parse(data), tell);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof NoAnswer) || performance.now() - answeredAt > outageMs) throw error;
    }
    await delay(tryAgainMs, undefined, { signal }).catch(() => undefined);
  }
}

/** What of an event is about one queue. */
function tellOf(queue: string, name: string, data: unknown, tell: Show): void {
  if (name === 'replay' && (data as Replay).queue === queue) tell('replay', data as Replay);
  if (name === 'queues') {
    const { items } = data as { readonly items: readonly Queue[] };
    for (const item of items) if (item.name === queue) tell('queue', item);
  }
  if (name === 'groups') {
    const { items } = data as { readonly items: readonly Group[] };
    for (const item of items) if (item.queue === queue) tell('group', item);
  }
}

/** Lines for a person; of a queue only what differs from its line before. */
function showLines(): Show {
  let before = '';
  return (name, data) => {
    const line = lineOf(name, data);
    if (line === before) return;
    if (name === 'queue') before = line;
    console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
  };
}

function lineOf(name: string, data: object): string {
  if (name === 'queue') {
    const { name: queue, deadLetters } = data as Queue;
    return `${queue}: ${deadLetters.indexed} dead letters in ${deadLetters.groups} groups`;
  }
  if (name === 'group') {
    const { id, type, reason, present, pattern } = data as Group;
    return `group ${id}: ${present} of ${type || '(no type)'}, ${reason}: ${pattern.slice(0, 80)}`;
  }
  const { id, state, stage, stages, why } = data as Replay;
  const done = stages.reduce((sum, { confirmed }) => sum + confirmed, 0);
  const all = stages.reduce((sum, { letters }) => sum + letters, 0);
  return `replay ${id}: ${state}, stage ${stage} of ${stages.length}, ${done} of ${all} confirmed${why ? `, ${why}` : ''}`;
}
