import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import type { PrintFlags } from './topology-commands.js';

export function addTopologyCommands(program: Command, context: CommandContext): void {
  const topology = program.command('topology').description('the queues and topics of RabbitMQ, from the topology file');
  topology
    .command('print')
    .description('what there will be on RabbitMQ: exchanges, queues, bindings, one a line')
    .option('--json', 'as definitions that RabbitMQ imports')
    .option('--vhost <name>', 'with --json: the virtual host they are for', '/')
    .action(async (flags: PrintFlags) => {
      const { printTopology } = await import('./topology-commands.js');
      await printTopology(context, flags);
    });
  topology
    .command('apply')
    .description('make what is missing, and refuse what is different; changes and removes nothing that exists')
    .addHelpText('after', help)
    .action(async () => {
      const { applyTopologyCommand } = await import('./topology-commands.js');
      await applyTopologyCommand(context);
    });
}

const help = `
A user without the right to configure only looks whether queues and exchanges are there.
The file is BROKER_TOPOLOGY, else infra/servicebus/Config.json, the one that Service Bus has as well. The address is
RABBITMQ_URL, or in the file that RABBITMQ_URL_FILE names.

Example:
  $ MESSAGING_TRANSPORT=rabbitmq RABBITMQ_URL=amqps://admin:...@host/orderflow orderflow topology apply`;
