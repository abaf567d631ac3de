import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../command-context.js';
import { positiveNumber, wholeNumber } from '../options.js';
import type { LoadFlags } from './load-command.js';

const replicas = wholeNumber(1, 100);

export function addLoadCommand(program: Command, context: CommandContext): void {
  program
    .command('load')
    .description('put the running system under load, scale its workers, and report how it did')
    .option('--orders <count>', 'how many orders', wholeNumber(1, 10_000_000), 10_000)
    .option('--rate <number>', 'orders a second, evenly spaced, whatever the system does', positiveNumber, 100)
    .option('--workers <list>', 'replicas of each worker, a run for each: numbers, or auto', workersList)
    .option('--polling-interval <seconds>', 'auto: how often to decide', positiveNumber)
    .option('--cooldown-period <seconds>', 'auto: how long fewer must have been enough', positiveNumber)
    .option('--min-replicas <count>', 'auto: of each worker at least', replicas)
    .option('--max-replicas <count>', 'auto: of each worker at most', replicas, 4)
    .option('--warm-up <count>', 'orders before each run that are not measured', wholeNumber(0, 10_000), 200)
    .option('--timeout <seconds>', 'how long orders may take after the last was placed', positiveNumber, 300)
    .option('--out <directory>', 'where the report goes; .orderflow/load/TIME when absent')
    .option('--json', 'answer as JSON')
    .addHelpText('after', help)
    .action(async (flags: LoadFlags) => {
      const { loadCommand } = await import('./load-command.js');
      await loadCommand(context, flags);
    });
}

/** Parses `1,2,auto`. */
function workersList(written: string): readonly (number | 'auto')[] {
  const parts = written.split(',').map((part) => part.trim());
  const parsed = parts.map((part) => (part === 'auto' ? part : Number(part)));
  const isFine = (part: number | string): boolean =>
    part === 'auto' || (Number.isInteger(part) && Number(part) >= 1 && Number(part) <= 100);
  if (parsed.every(isFine) && new Set(parsed).size === parsed.length) return parsed as (number | 'auto')[];
  throw new InvalidArgumentError('It must be numbers from 1 to 100 or auto, each once, with commas between.');
}

const help = `
Latencies count from the moment an order was due, so that a slow system cannot slow down its own measurement.
auto scales by the rules of infra/kubernetes: every 15 s one replica for each 50 (analytics: 200) waiting messages,
at least 2 and, on one machine, at most 4; fewer again after 300 s. The system that runs here (npm start) is taken, its
own process of each worker being the first replica. With ORDER_API_URL another one is: then nothing is scaled here.

A system that asks for tokens needs one that may read and write orders (orderflow token --help), and lets one client
make RATE_LIMIT requests a minute of each replica, 6000 unless set: more orders than that are answered 429.

The report is DIR/report.md with charts, and report.json. Exit code 1 when an order was not accepted or not paid.

Examples:
  $ orderflow load --rate 50
  $ orderflow load --orders 10000 --rate 100 --workers 1,2,4 --out /tmp/load
  $ orderflow load --rate 200 --workers auto --polling-interval 5 --cooldown-period 20`;
