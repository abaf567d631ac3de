import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

export function addUpCommand(program: Command, { workspace, environment, finish }: CommandContext): void {
  program
    .command('up')
    .description('start PostgreSQL, the broker, the payment gateway, the workers and the API, and keep them running')
    .option('--fresh', 'begin anew: remove all data first')
    .option('--tls', 'let the broker speak TLS too, for clients in other languages; its certificate is made')
    .addHelpText('after', help)
    .action(async ({ fresh = false, tls = false }: { fresh?: boolean; tls?: boolean }) => {
      const { up } = await import('./up.js');
      finish(await up({ workspace, environment, fresh, tls, print: console.log }));
    });
}

const help = `
State lives in .orderflow/ (ORDERFLOW_STATE names another directory) and survives a restart.
A usual port that is taken is replaced by the next free one. These ask for certain ones:
  ORDER_API_PORT (or PORT), ORDER_WORKER_PORT, BILLING_WORKER_PORT, ANALYTICS_WORKER_PORT,
  PAYMENT_GATEWAY_PORT, BROKER_PORT, BROKER_MANAGEMENT_PORT, POSTGRES_PORT
With SERVICEBUS_CONNECTION_STRING or SERVICEBUS_FULLY_QUALIFIED_NAMESPACE set, that namespace is used
and no broker is started.

Examples:
  $ orderflow up
  $ orderflow up --fresh
  $ BROKER_PORT=5671 orderflow up --tls
  $ ORDER_API_PORT=8080 orderflow up`;
