import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.js';
import { UsageError } from '../command-error.js';
import { positiveNumber, wholeNumber } from '../options.js';
import type { ProduceFlags } from './produce-command.js';

const count = wholeNumber(0, 10_000_000);

export function addProduceCommand(program: Command, context: CommandContext): void {
  program
    .command('produce')
    .description('send orders to the queue and events to the topic')
    .option('--orders <count>', 'how many orders', count, 10)
    .option('--events <count>', 'how many events, half signups and half purchases', count, 6)
    .option('--rate <number>', 'messages a second; as fast as it goes when absent', positiveNumber)
    .option('--via-api', 'place the orders over HTTP')
    .addOption(new Option('--legacy', 'the shapes that messages had before they carried a version').conflicts('viaApi'))
    .option('--verbose', 'a line for each message')
    .addOption(new Option('--json', 'answer as JSON').conflicts('verbose'))
    .addHelpText('after', help)
    .action(async (flags: ProduceFlags) => {
      if (flags.orders + flags.events === 0) throw new UsageError('Nothing to send: --orders and --events are both 0.');
      const { produceCommand } = await import('./produce-command.js');
      await produceCommand(context, flags);
    });
}

const help = `
QUEUE_NAME (orders), TOPIC_NAME (events) and DEFAULT_CURRENCY (EUR) change where it goes and what it costs.
The first order costs 49.99, each further one 1.00 more. Sending ends with the first message that is not confirmed
(exit code 1), or after what is under way at Ctrl-C (130); then it is said how many were sent.

Examples:
  $ orderflow produce
  $ orderflow produce --orders 1000 --events 0 --rate 50
  $ orderflow produce --orders 100 --via-api
  $ orderflow produce --legacy --json`;
