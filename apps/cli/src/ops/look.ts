import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { table } from '../table.js';
import { consumerLines } from './consumers.js';
import { addChangesCommand } from './group-changes.js';
import { findOpsApi } from './ops-api.js';
import type { Group, Queue } from './ops-answers.js';

interface JsonFlag {
  readonly json?: boolean;
}

/** `orderflow queues`. */
export function addQueuesCommand(program: Command, context: CommandContext): void {
  program
    .command('queues')
    .description('queues and subscriptions, what waits in them, and their dead letters')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  $ orderflow queues')
    .action(async ({ json }: JsonFlag) => {
      const { items } = await findOpsApi(context).get<{ readonly items: readonly Queue[] }>('/ops/queues');
      if (json === true) return console.log(JSON.stringify(items));
      const rows = items.map(({ name, counts, deadLetters: { indexed, groups, oldestAt, indexedTo } }) => [
        name,
        counts ? String(counts.active) : '?',
        counts?.scheduled === undefined ? '' : String(counts.scheduled),
        String(indexed),
        String(groups),
        oldestAt ?? '',
        ageOf(counts?.asOf ?? indexedTo),
      ]);
      console.log(table(['queue', 'waiting', 'scheduled', 'dead letters', 'groups', 'oldest', 'as of'], rows));
      for (const line of consumerLines(items)) console.log(line);
    });
}

/** How old a row is, by this machine's clock; `never` before anybody looked. */
function ageOf(moment: string | null): string {
  if (moment === null) return 'never';
  return `${Math.max(0, Math.round((Date.now() - Date.parse(moment)) / 1_000))} s ago`;
}

/** What `orderflow dlq` can do with the ops API: more than straight at a broker. */
export function addLookCommands(program: Command, context: CommandContext): void {
  const dlq = program.commands.find((command) => command.name() === 'dlq');
  if (!dlq) throw new Error('There is no command dlq to add to.');
  dlq
    .command('groups')
    .argument('[queue]', 'a queue, or topic/subscriptions/name; all when absent')
    .description('dead letters that are alike, counted (asks order-api)')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  $ orderflow dlq groups orders')
    .action(async (queue: string | undefined, { json }: JsonFlag) => {
      const found = await findOpsApi(context).get<{ readonly items: readonly Group[]; readonly total: number }>(
        '/ops/groups',
        { queue },
      );
      if (json === true) return console.log(JSON.stringify(found.items));
      if (found.items.length === 0) return console.log('No dead letters.');
      const rows = found.items.map((group) => [
        group.id,
        group.queue,
        String(group.present),
        group.type || '(none)',
        group.reason,
        group.firstSeen,
        group.lastSeen,
        group.pattern.slice(0, 80),
      ]);
      console.log(table(['group', 'queue', 'letters', 'type', 'reason', 'first', 'last', 'detail'], rows));
      if (found.items.length < found.total) console.log(`${found.items.length} of ${found.total} groups.`);
    });
  addChangesCommand(dlq, context);
  dlq
    .command('show')
    .argument('<queue>', 'a queue, or topic/subscriptions/name')
    .argument('<place>', 'where in it the letter is, as dlq list --json names it')
    .description('one dead letter with its message, or what became of it (asks order-api)')
    .addHelpText('after', '\nExample:\n  $ orderflow dlq show orders 12')
    .action(async (queue: string, place: string) => {
      const path = `/ops/queues/${encodeURIComponent(queue)}/dead-letters/${encodeURIComponent(place)}`;
      console.log(JSON.stringify(await findOpsApi(context).get(path), undefined, 2));
    });
}
