import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { wholeNumber } from '../options.js';
import { table } from '../table.js';
import { findOpsApi } from './ops-api.js';
import type { Alert } from './ops-answers.js';

interface AlertsFlags {
  readonly queue?: string;
  readonly all?: boolean;
  readonly limit: number;
  readonly check?: boolean;
  readonly json?: boolean;
}

/** `orderflow alerts`. */
export function addAlertsCommand(program: Command, context: CommandContext): void {
  program
    .command('alerts')
    .description('what the monitor tells of: queues and consumers beyond their thresholds')
    .option('--queue <queue>', 'only of this queue, or topic/subscriptions/name')
    .option('--all', 'also what has recovered')
    .option('--limit <count>', 'how many', wholeNumber(1, 250), 50)
    .option('--check', 'exit code 1 while one is open that nobody has muted')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExamples:\n  $ orderflow alerts\n  $ orderflow alerts --queue orders --check')
    .action(async ({ queue, all, limit, check, json }: AlertsFlags) => {
      const state = all === true ? undefined : 'open';
      const { items } = await findOpsApi(context).get<{ readonly items: readonly Alert[] }>('/ops/alerts', {
        ...{ state, queue, limit },
      });
      if (json === true) console.log(JSON.stringify(items));
      else console.log(items.length === 0 ? 'No alerts.' : tableOf(items));
      const isOpen = items.some((alert) => alert.state === 'open' && alert.mutedUntil === undefined);
      if (check === true && isOpen) context.finish(1);
    });
}

function tableOf(alerts: readonly Alert[]): string {
  const rows = alerts.map((alert) => [
    alert.id,
    alert.queue,
    alert.kind,
    alert.since,
    alert.recoveredAt ?? (alert.mutedUntil === undefined ? 'open' : `muted until ${alert.mutedUntil}`),
    alert.detail,
  ]);
  return table(['alert', 'queue', 'kind', 'since', 'recovered', 'detail'], rows);
}
