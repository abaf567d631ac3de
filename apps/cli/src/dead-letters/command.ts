import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { collect, duration, wholeNumber } from '../options.js';
import type { DiscardFlags, ListFlags, ReplayFlags } from './dead-letter-commands.js';

const places = 'a queue (orders, billing, analytics, order-status), or topic/subscriptions/name';

export function addDeadLetterCommands(program: Command, context: CommandContext): void {
  const dlq = program.command('dlq').description('what could not be handled, and another try for it');
  chooses(dlq.command('list'))
    .description('the dead letters of a queue, oldest first; takes none away')
    .option('--limit <count>', 'how many', wholeNumber(1, 100_000), 50)
    .addHelpText('after', '\nExample:\n  $ orderflow dlq list billing --json')
    .action(async (place: string, flags: ListFlags) => {
      const { listDeadLetters } = await import('./dead-letter-commands.js');
      await listDeadLetters(context, place, flags);
    });
  chooses(dlq.command('replay'))
    .description('send dead letters to their own queue again, each with all its attempts new')
    .option('--max <count>', 'at most so many, oldest first', wholeNumber(1, 10_000_000))
    .option('--to <queue>', 'the queue that gets them; for a subscription the one it forwards to by default')
    .addHelpText('after', replayHelp)
    .action(async (place: string, flags: ReplayFlags) => {
      const { replayDeadLetters } = await import('./dead-letter-commands.js');
      await replayDeadLetters(context, place, flags);
    });
  chooses(dlq.command('discard'))
    .description('remove dead letters for good; says which with at least one flag, or --all')
    .option('--max <count>', 'at most so many, oldest first', wholeNumber(1, 10_000_000))
    .option('--all', 'every one there is')
    .addHelpText('after', '\nExample:\n  $ orderflow dlq discard billing --reason InvalidPayload --older-than 7d')
    .action(async (place: string, flags: DiscardFlags) => {
      const { discardDeadLetters } = await import('./dead-letter-commands.js');
      await discardDeadLetters(context, place, flags);
    });
}

/** What all of them can be told: which dead letters are meant. */
function chooses(command: Command): Command {
  return command
    .argument('<queue>', places)
    .option('--id <message-id>', 'only the message with this id (repeatable)', collect)
    .option('--reason <code>', 'only with this reason (repeatable)', collect)
    .option('--type <type>', 'only of this message type (repeatable)', collect)
    .option('--older-than <duration>', 'only stored longer ago, e.g. 90s, 15m, 2h, 7d', duration)
    .option('--json', 'answer as JSON');
}

const replayHelp = `
No other queue and no topic gets a copy. Only what is there at the start is replayed; Ctrl-C ends after the
messages under way, and calling it again goes on from there. What the broker refuses stays where it is: the exit
code is 1 then, and with --id if one was not found.

Examples:
  $ orderflow dlq replay billing
  $ orderflow dlq replay orders --max 10 --reason AttemptsExhausted
  $ orderflow dlq replay events/subscriptions/billing --older-than 15m
  $ orderflow dlq replay orders --id 0b2c... --id 77aa...`;
