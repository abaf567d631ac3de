import { Command } from 'commander';
import { addBrokerCommand } from './broker/command.js';
import type { CommandContext } from './command-context.js';
import { addPostgresCommand } from './database/command.js';
import { addDeadLetterCommands } from './dead-letters/command.js';
import { addLoadCommand } from './load/command.js';
import { addMigrateCommand } from './migrate/command.js';
import { addAlertsCommand } from './ops/alerts.js';
import { addLookCommands, addQueuesCommand } from './ops/look.js';
import { addOutboxCommands } from './ops/outbox.js';
import { addPauseCommands } from './ops/pauses.js';
import { addMendCommands } from './ops/mend.js';
import { addReplaysCommands } from './ops/replays.js';
import { addTraceCommand } from './ops/trace.js';
import { addWatchCommand } from './ops/watch-dead-letters.js';
import { addOrdersCommands } from './orders/command.js';
import { addProduceCommand } from './produce/command.js';
import { addRabbitMqCommand } from './rabbitmq/command.js';
import { addTailCommand } from './tail/command.js';
import { addTokenCommand } from './token/command.js';
import { addTopologyCommands } from './topology/command.js';
import { addUpCommand } from './up/command.js';

/** The `orderflow` command with everything below it. Nothing is read or connected before a command runs. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('orderflow')
    .description('Runs OrderFlow on this machine, sends to it, and looks into it.')
    .showHelpAfterError('(orderflow --help shows what there is)')
    .exitOverride()
    .addHelpText('after', examples);
  addUpCommand(program, context);
  addProduceCommand(program, context);
  addOrdersCommands(program, context);
  addDeadLetterCommands(program, context);
  addQueuesCommand(program, context);
  addLookCommands(program, context);
  addMendCommands(program, context);
  addWatchCommand(program, context);
  addAlertsCommand(program, context);
  addReplaysCommands(program, context);
  addPauseCommands(program, context);
  addOutboxCommands(program, context);
  addTraceCommand(program, context);
  addTailCommand(program, context);
  addLoadCommand(program, context);
  addTokenCommand(program, context);
  addMigrateCommand(program, context);
  addBrokerCommand(program, context);
  addRabbitMqCommand(program, context);
  addTopologyCommands(program, context);
  addPostgresCommand(program, context);
  return program;
}

const examples = `
Commands find the running system by themselves (.orderflow/runtime.json). To reach another one set
SERVICEBUS_CONNECTION_STRING (or MESSAGING_TRANSPORT=rabbitmq and RABBITMQ_URL), DATABASE_URL or ORDER_API_URL (and AUTH_TOKEN where it asks for tokens); a file .env in the checkout is read too.

Examples:
  $ orderflow up                                start everything; Ctrl-C stops it
  $ orderflow produce --orders 10 --events 6    send orders and events
  $ orderflow orders watch 7f9c...              follow one order to its end
  $ orderflow dlq list billing                  what billing-worker could not handle, and why
  $ orderflow dlq replay billing --max 10       hand the ten oldest of them to it again

Exit codes: 0 done, 1 failed, 2 the command line makes no sense.`;
