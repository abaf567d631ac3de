import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { collect, wholeNumber } from '../options.js';
import type { ListFlags, ReplayFlags } from './dead-letter-commands.js';

export function addDeadLetterCommands(program: Command, context: CommandContext): void {
  const dlq = program.command('dlq').description('what could not be handled, and another try for it');
  dlq
    .command('list')
    .argument('<queue>', 'orders, billing, analytics or order-status')
    .description('the dead letters of a queue, oldest first; takes none away')
    .option('--limit <count>', 'how many', wholeNumber(1, 100_000), 50)
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  $ orderflow dlq list billing --json')
    .action(async (queue: string, flags: ListFlags) => {
      const { listDeadLetters } = await import('./dead-letter-commands.js');
      await listDeadLetters(context, queue, flags);
    });
  dlq
    .command('replay')
    .argument('<queue>', 'orders, billing, analytics or order-status')
    .description('send dead letters to their own queue again, each with all its attempts new')
    .option('--max <count>', 'at most so many, oldest first', wholeNumber(1, 10_000_000))
    .option('--id <message-id>', 'only the message with this id (repeatable)', collect)
    .option('--json', 'answer as JSON')
    .addHelpText('after', replayHelp)
    .action(async (queue: string, flags: ReplayFlags) => {
      const { replayDeadLetters } = await import('./dead-letter-commands.js');
      await replayDeadLetters(context, queue, flags);
    });
}

const replayHelp = `
No other queue and no topic gets a copy. Only what is there at the start is replayed; Ctrl-C ends after the
message under way, and calling it again goes on from there. With --id the exit code is 1 if one was not found.

Examples:
  $ orderflow dlq replay billing
  $ orderflow dlq replay orders --max 10
  $ orderflow dlq replay orders --id 0b2c... --id 77aa...`;
