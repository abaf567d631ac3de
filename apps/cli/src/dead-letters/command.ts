import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.js';
import { collect, duration, wholeNumber } from '../options.js';
import type { ApiDiscardFlags, ApiListFlags, ApiReplayFlags } from '../ops/dead-letters.js';
import type { DiscardFlags, ListFlags, ReplayFlags } from './dead-letter-commands.js';

const places = 'a queue (orders, billing, analytics, order-status), or topic/subscriptions/name';

/** Whom to ask. */
interface WayFlags {
  readonly api?: boolean;
  readonly broker?: boolean;
}

export function addDeadLetterCommands(program: Command, context: CommandContext): void {
  const dlq = program.command('dlq').description('what could not be handled, and another try for it');
  const isByApi = ({ api, broker }: WayFlags): boolean =>
    api === true || (broker !== true && Boolean(context.environment['OPS_API_URL']));
  const byApi = () => import('../ops/dead-letters.js');
  const atBroker = () => import('./dead-letter-commands.js');

  chooses(dlq.command('list'))
    .description('the dead letters of a queue, oldest first; takes none away')
    .option('--limit <count>', 'how many', wholeNumber(1, 100_000), 50)
    .addHelpText('after', `${ways}\n\nExample:\n  $ orderflow dlq list billing --json`)
    .action(async (place: string, flags: ListFlags & ApiListFlags & WayFlags) => {
      if (isByApi(flags)) await (await byApi()).listLetters(context, place, flags);
      else await (await atBroker()).listDeadLetters(context, place, flags);
    });
  chooses(dlq.command('replay'))
    .description('send dead letters to their own queue again, each with all its attempts new')
    .option('--max <count>', 'at most so many, oldest first (broker)', wholeNumber(1, 10_000_000))
    .option('--to <queue>', 'the queue that gets them; for a subscription the one it forwards to by default (broker)')
    .option('--note <text>', 'why, for the audit log (order-api)')
    .option('--rate <count>', 'messages a second at most (order-api)', wholeNumber(1, 10_000))
    .addHelpText('after', replayHelp)
    .action(async (place: string, flags: ReplayFlags & ApiReplayFlags & WayFlags) => {
      if (isByApi(flags)) await (await byApi()).replayLetters(context, place, flags);
      else await (await atBroker()).replayDeadLetters(context, place, flags);
    });
  chooses(dlq.command('discard'))
    .description('remove dead letters; says which with at least one flag, or --all')
    .option('--max <count>', 'at most so many, oldest first (broker)', wholeNumber(1, 10_000_000))
    .option('--all', 'every one there is')
    .option('--note <text>', 'why, for the audit log (order-api)')
    .option('--confirm <count>', 'how many that has to be (order-api)', wholeNumber(0, 1_000_000_000))
    .addHelpText('after', discardHelp)
    .action(async (place: string, flags: DiscardFlags & ApiDiscardFlags & WayFlags) => {
      if (isByApi(flags)) await (await byApi()).discardLetters(context, place, flags);
      else await (await atBroker()).discardDeadLetters(context, place, flags);
    });
}

/** What all of them can be told: which dead letters are meant, and whom to ask. */
function chooses(command: Command): Command {
  return command
    .argument('<queue>', places)
    .option('--id <message-id>', 'only the message with this id (repeatable)', collect)
    .option('--reason <code>', 'only with this reason (repeatable)', collect)
    .option('--type <type>', 'only of this message type (repeatable)', collect)
    .option('--older-than <duration>', 'only stored longer ago, e.g. 90s, 15m, 2h, 7d', duration)
    .option('--json', 'answer as JSON')
    .option('--api', 'through order-api')
    .addOption(new Option('--broker', 'straight at the broker').conflicts('api'));
}

const ways = `
Straight at the broker, or through order-api (token, audit log) where OPS_API_URL is set or --api is given. What is
repeated or marked (broker) or (order-api) is for that way only.`;

const replayHelp = `${ways}

No other queue and no topic gets a copy. Only what is there at the start is replayed. At the broker Ctrl-C ends after
the messages under way, and calling it again goes on from there; what the broker refuses stays where it is: the exit
code is 1 then, and with --id if one was not found. order-api replays in stages and stops by itself when they fail
again (orderflow replays); the exit code is 1 unless all of it is done.

Examples:
  $ orderflow dlq replay billing
  $ orderflow dlq replay orders --max 10 --reason AttemptsExhausted
  $ orderflow dlq replay events/subscriptions/billing --older-than 15m
  $ orderflow dlq replay orders --id 0b2c... --id 77aa...
  $ orderflow dlq replay orders --api --reason AttemptsExhausted --note "the gateway is back"`;

const discardHelp = `${ways}

At the broker they are gone for good. order-api keeps an encrypted copy for 30 days (orderflow dlq restore), and asks for
the count that was looked at: --confirm, or an answer on a terminal.

Examples:
  $ orderflow dlq discard billing --reason InvalidPayload --older-than 7d
  $ orderflow dlq discard billing --api --reason InvalidPayload --confirm 37 --note "sent by a broken test"`;
