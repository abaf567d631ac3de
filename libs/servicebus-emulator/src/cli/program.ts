import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ExportFlags, exportTopology } from './export-topology.js';
import { serve, type ServeFlags } from './serve.js';

const help = `
The configuration file has the format of the Config.json of Microsoft's emulator; comments are allowed.
Every port speaks AMQP, AMQP over WebSocket and HTTP; with --tls each of them inside TLS, too.

Examples:
  $ servicebus-emulator --config Config.json --data .servicebus
  $ curl http://127.0.0.1:5300/entities
  $ curl -d '{"advance":"PT30M"}' http://127.0.0.1:5300/clock
  $ servicebus-emulator export > Config.json`;

/** The command line: starts a broker unless a subcommand says otherwise. */
export function createProgram(): Command {
  const program = new Command('servicebus-emulator')
    .description('A local Azure Service Bus for laptops, tests and CI. In production use Azure Service Bus itself.')
    .version(version())
    .option('--config <file>', 'queues, topics, subscriptions, keys; default none')
    .option('--data <directory>', 'where messages are kept; default in memory only')
    .option('--fresh', 'begin anew: what is in --data is deleted first')
    .addOption(
      new Option('--sync <when>', 'when kept messages are synced to the disk itself')
        .choices(['always', 'interval', 'none'])
        .default('always'),
    )
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <port>', 'where AMQP clients connect; 0 is any free one', portNumber, 5672)
    .option('--management-port <port>', 'where administration clients connect; 0 is any free one', portNumber, 5300)
    .option('--allow-host <name>', 'a name that clients may call it by over HTTP; may be repeated', collect, [])
    .option('--allow-origin <origin>', 'a web site whose pages may use it; may be repeated', collect, [])
    .option('--tls <directory>', 'speak TLS too, with its cert.pem and key.pem; both are made when they are missing')
    .option('--require-auth', 'clients must show a valid shared access signature')
    .option('--ignore-token-expiry', 'with --require-auth: links outlive the tokens that opened them')
    .option('--accept-entra-tokens', 'with --require-auth: tokens of Entra ID are believed, unchecked')
    .option('--keep-idle-clients', 'links and connections that are not used are not ended, as they are on Azure')
    .addOption(
      new Option('--log <level>', 'the least important lines to print')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .addHelpText('after', help)
    .action((flags: ServeFlags) => serve(flags));
  program
    .command('export')
    .description("print a running broker's queues, topics, subscriptions and rules as a configuration file")
    .option('--url <url>', 'the broker', toUrl, 'http://127.0.0.1:5300')
    .option('--key <name=value>', 'a key that may manage, for a broker that requires authorization')
    .action((flags: ExportFlags) => exportTopology(flags));
  return program;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function toUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('It must be like http://127.0.0.1:5300.');
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
