import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { wholeNumber } from '../options.js';
import type { TailFlags } from './tail-command.js';

export function addTailCommand(program: Command, context: CommandContext): void {
  program
    .command('tail')
    .argument('<process>', 'order-worker, billing-worker, analytics-worker, order-api, broker, ...')
    .description('follow what a process of the running system does, from its log')
    .option('--lines <count>', 'start with so many earlier lines', wholeNumber(0, 1000), 10)
    .option('--no-follow', 'end after those')
    .option('--json', 'the lines as they were written')
    .addHelpText(
      'after',
      '\nExamples:\n  $ orderflow tail order-worker\n  $ orderflow tail broker --lines 50 --no-follow',
    )
    .action(async (name: string, flags: TailFlags) => {
      const { tailCommand } = await import('./tail-command.js');
      await tailCommand(context, name, flags);
    });
}
