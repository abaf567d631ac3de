import { transports } from '@orderflow/service-kit/broker-address';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.js';

interface UpFlags {
  readonly fresh?: boolean;
  readonly tls?: boolean;
  readonly transport?: string;
}

export function addUpCommand(program: Command, { workspace, environment, finish }: CommandContext): void {
  program
    .command('up')
    .description('start PostgreSQL, the broker, the payment gateway, the workers and the API, and keep them running')
    .option('--fresh', 'begin anew: remove all data first')
    .option('--tls', 'let the broker speak TLS too, for clients in other languages; its certificate is made')
    .addOption(
      new Option('--transport <name>', 'the kind of broker; MESSAGING_TRANSPORT when absent').choices(transports),
    )
    .addHelpText('after', help)
    .action(async ({ fresh = false, tls = false, transport }: UpFlags) => {
      const chosen = transport === undefined ? environment : { ...environment, MESSAGING_TRANSPORT: transport };
      const { up } = await import('./up.js');
      finish(await up({ workspace, environment: chosen, fresh, tls, print: console.log }));
    });
}

const help = `
State lives in .orderflow/ (ORDERFLOW_STATE names another directory) and survives a restart.
A usual port that is taken is replaced by the next free one. These ask for certain ones:
  ORDER_API_PORT (or PORT), ORDER_WORKER_PORT, BILLING_WORKER_PORT, ANALYTICS_WORKER_PORT,
  PAYMENT_GATEWAY_PORT, BROKER_PORT, BROKER_MANAGEMENT_PORT, POSTGRES_PORT
With SERVICEBUS_CONNECTION_STRING or SERVICEBUS_FULLY_QUALIFIED_NAMESPACE set, that namespace is used
and no broker is started. With --transport rabbitmq that is RABBITMQ_URL; without it the RabbitMQ that is
installed on this machine is started, with its data in .orderflow/rabbitmq.

Examples:
  $ orderflow up
  $ orderflow up --fresh
  $ BROKER_PORT=5671 orderflow up --tls
  $ orderflow up --transport rabbitmq
  $ ORDER_API_PORT=8080 orderflow up`;
