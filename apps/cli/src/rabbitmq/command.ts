import { join } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { port } from '../options.js';

interface RabbitMqFlags {
  readonly port: number;
  readonly managementPort: number;
  readonly host: string;
  readonly data: string;
}

export function addRabbitMqCommand(program: Command, { workspace, environment }: CommandContext): void {
  program
    .command('rabbitmq')
    .description('run the RabbitMQ that is installed on this machine alone, with data and ports of its own')
    .option('--port <port>', 'where AMQP listens', port, 5672)
    .option('--management-port <port>', 'where its pages are', port, 15_672)
    .option('--host <address>', 'the address to listen on', environment['HOST'] || '127.0.0.1')
    .option('--data <directory>', 'where messages are kept', join(workspace.state, 'rabbitmq'))
    .addHelpText('after', help)
    .action(async ({ data, host, ...ports }: RabbitMqFlags) => {
      const { runRabbitMq } = await import('./run-rabbitmq.js');
      await runRabbitMq({ dataDir: data, host, port: ports.port, managementPort: ports.managementPort });
    });
}

const help = `
Prints its URL with the password, which is also that of its pages (user orderflow).
For laptops, tests and CI: production is a cluster of three nodes, see docs/rabbitmq.md.

Example:
  $ orderflow rabbitmq --port 5673 --data /tmp/rabbitmq`;
