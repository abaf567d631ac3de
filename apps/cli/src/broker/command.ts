import { join } from 'node:path';
import { splitList } from '@orderflow/http-guard';
import { type Command, Option } from 'commander';
import type { LogLevel, SyncMode } from '@orderflow/servicebus-emulator';
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
  readonly fresh?: boolean;
  readonly sync: SyncMode;
  readonly topology: string;
  readonly config?: string;
  readonly tls?: string;
  readonly requireAuth?: boolean;
  readonly ignoreTokenExpiry?: boolean;
  readonly acceptEntraTokens?: boolean;
  readonly keepIdleClients?: boolean;
  readonly log: LogLevel;
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
    .option('--fresh', 'begin anew: the messages in --data are deleted first')
    .addOption(
      new Option('--sync <when>', 'when kept messages are synced to the disk itself')
        .choices(['always', 'interval', 'none'])
        .default('always'),
    )
    .option('--topology <file>', 'queues, topics, subscriptions, keys', topologyFileOf(context))
    .option('--config <file>', 'the same as --topology')
    .option('--tls <directory>', 'speak TLS too, with its cert.pem and key.pem; both are made when they are missing')
    .option('--require-auth', 'clients must show a valid shared access signature')
    .option('--ignore-token-expiry', 'with --require-auth: links outlive the tokens that opened them')
    .option('--accept-entra-tokens', 'with --require-auth: tokens of Entra ID are believed, unchecked')
    .option('--keep-idle-clients', 'links and connections that are not used are not ended, as they are on Azure')
    .addOption(
      new Option('--log <level>', 'the least important lines to print')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('debug'),
    )
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
        fresh: flags.fresh ?? false,
        sync: flags.sync,
        topologyFile: flags.config ?? flags.topology,
        certificateDirectory: flags.tls,
        requireAuth: flags.requireAuth ?? false,
        enforceTokenExpiry: !flags.ignoreTokenExpiry,
        acceptEntraTokens: flags.acceptEntraTokens ?? false,
        enforceIdleTimeouts: !flags.keepIdleClients,
        leastLogged: flags.log,
      });
    });
}

const help = `
For laptops, tests and CI: production is Azure Service Bus or a RabbitMQ cluster.
ALLOWED_HOSTS and ALLOWED_ORIGINS, each separated by commas, are allowed besides --allow-host and --allow-origin.
The topology file has the format of the Config.json of Microsoft's emulator; BROKER_TOPOLOGY names another one.

Example:
  $ orderflow broker --port 5673 --data /tmp/broker
  $ orderflow broker --port 5671 --management-port 443 --tls .tls --config Config.json`;
