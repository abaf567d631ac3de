import { join } from 'node:path';
import { splitList } from '@orderflow/http-guard';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { topologyFileOf } from '../topology-file.js';
import { collect, port } from '../options.js';

interface BrokerFlags {
  readonly port: number;
  readonly managementPort: number;
  readonly host: string;
  readonly allowHost: readonly string[];
  readonly allowOrigin: readonly string[];
  readonly data: string;
  readonly topology: string;
}

export function addBrokerCommand(program: Command, context: CommandContext): void {
  const { workspace, environment } = context;
  program
    .command('broker')
    .description('run the embedded Service Bus broker alone')
    .option('--port <port>', 'where AMQP listens; 0 chooses', port, 5672)
    .option('--management-port <port>', 'where the administration client connects; 0 chooses', port, 5300)
    .option('--host <address>', 'the address to listen on', environment['HOST'] || '127.0.0.1')
    .option('--allow-host <name>', 'a name that clients may call it by over HTTP; may be repeated', collect, [])
    .option('--allow-origin <origin>', 'a web site whose pages may use it; may be repeated', collect, [])
    .option('--data <directory>', 'where messages are kept', join(workspace.state, 'broker'))
    .option('--topology <file>', 'queues, topics, subscriptions', topologyFileOf(context))
    .addHelpText('after', help)
    .action(async (flags: BrokerFlags) => {
      const { runBroker } = await import('./run-broker.js');
      await runBroker({
        port: flags.port,
        managementPort: flags.managementPort,
        host: flags.host,
        allowedHosts: [...splitList(environment['ALLOWED_HOSTS'] ?? ''), ...flags.allowHost],
        allowedOrigins: [...splitList(environment['ALLOWED_ORIGINS'] ?? ''), ...flags.allowOrigin],
        dataDir: flags.data,
        topologyFile: flags.topology,
      });
    });
}

const help = `
For laptops, tests and CI: production is Azure Service Bus or a RabbitMQ cluster.
ALLOWED_HOSTS and ALLOWED_ORIGINS, each separated by commas, are allowed besides --allow-host and --allow-origin.
The topology file has the format of the Config.json of Microsoft's emulator; BROKER_TOPOLOGY names another one.

Example:
  $ orderflow broker --port 5673 --data /tmp/broker`;
