import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { describeConsumer } from './consumers.js';
import { findOpsApi } from './ops-api.js';
import type { Consumer } from './ops-answers.js';

interface Flags {
  readonly note?: string;
  readonly json?: boolean;
}

/** `orderflow pause` and `orderflow resume`. */
export function addPauseCommands(program: Command, context: CommandContext): void {
  program
    .command('pause')
    .argument('<queue>', 'the queue that nobody is to consume')
    .description('have every replica of an app receive nothing new from its queue (asks order-api)')
    .requiredOption('--note <text>', 'why: for the audit log, and for whoever wonders')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  $ orderflow pause billing --note "the gateway counts twice"')
    .action((queue: string, flags: Flags) => change(context, queue, 'pause', flags));
  program
    .command('resume')
    .argument('<queue>', 'the queue')
    .description('end what orderflow pause began (asks order-api)')
    .option('--note <text>', 'why, for the audit log')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  $ orderflow resume billing --note "it is mended"')
    .action((queue: string, flags: Flags) => change(context, queue, 'resume', flags));
}

async function change(
  context: CommandContext,
  queue: string,
  verb: 'pause' | 'resume',
  { note, json }: Flags,
): Promise<void> {
  const path = `/ops/queues/${encodeURIComponent(queue)}/${verb}`;
  const consumer = await findOpsApi(context).post<Consumer>(path, { note });
  console.log(json === true ? JSON.stringify(consumer) : describeConsumer(queue, consumer));
}
