import type { Latency } from '../latency.js';
import type { Machine } from './machine.js';
import { isComplete, type RunSummary } from './summary.js';

/** A load test: one or more runs of the same load. */
export interface LoadReport {
  /** ISO 8601. */
  readonly startedAt: string;
  /** How it was called. */
  readonly command: string;
  readonly machine: Machine;
  readonly runs: readonly RunSummary[];
}

/** Part of the rate that must come out at the end for a run to have kept up; the last orders take their time. */
const keptUp = 0.9;

/** The report as a page; `charts` are the file names of each run's charts, in the order of the runs. */
export function toMarkdown({ startedAt, command, machine, runs }: LoadReport, charts: readonly string[][]): string {
  const { cpus, cpu, memoryGb, node, loadBefore, loadAfter } = machine;
  return [
    '# Load test',
    '',
    `${startedAt}, \`${command}\``,
    '',
    `Load generator on ${cpus} × ${cpu}, ${memoryGb} GB, Node.js ${node}; load average ${loadBefore} before, ${loadAfter} after.`,
    '',
    ...overview(runs),
    '',
    'Latencies in milliseconds, from the moment an order was due (an open loop: late sending counts).',
    '',
    ...runs.flatMap((run, index) => section(run, charts[index] ?? [])),
  ].join('\n');
}

function overview(runs: readonly RunSummary[]): string[] {
  return markdownTable(
    [
      'workers',
      'due/s',
      'accepted/s',
      'paid/s',
      'accept p50',
      'p95',
      'p99',
      'order → paid p50',
      'p95',
      'p99',
      'highest backlog',
      'paid',
    ],
    runs.map((run) => [
      run.workers,
      String(run.rate),
      String(run.accepted.perSecond),
      String(run.paid.perSecond),
      ...percentiles(run.accepted.latencyMs),
      ...percentiles(run.paid.latencyMs),
      highestBacklog(run),
      `${run.paid.orders} of ${run.orders}`,
    ]),
  );
}

function section(run: RunSummary, charts: readonly string[]): string[] {
  return [
    `## Workers: ${run.workers}`,
    '',
    verdict(run),
    '',
    ...charts.flatMap((file) => [`![${file.replace(/\.svg$/, '').replaceAll('-', ' ')}](${file})`, '']),
  ];
}

function verdict(run: RunSummary): string {
  const { failures, notPaid, deadLettered, clockOffsetMs, samplingFailures } = run;
  const dead = Object.fromEntries(Object.entries(deadLettered).filter(([, count]) => count !== 0));
  const facts = [
    isComplete(run)
      ? `Every one of ${run.orders} orders was accepted and paid.`
      : `**${run.paid.orders} of ${run.orders} orders were paid.**`,
    ...(keepsUp(run) ? [] : ['The rate is more than it can do here: orders were paid slower than they came.']),
    ...listed('Requests that failed', failures),
    ...listed('Accepted and not paid', notPaid),
    ...listed('Dead-lettered', dead),
    ...(clockOffsetMs === 0 ? [] : [`The system's clock is ${clockOffsetMs} ms ahead; that is taken out.`]),
    ...(samplingFailures.length === 0
      ? []
      : [`Counts could not be read ${samplingFailures.length} times: ${samplingFailures[0]}`]),
  ];
  return facts.join(' ');
}

function keepsUp({ rate, paid }: RunSummary): boolean {
  return paid.perSecond >= keptUp * rate;
}

function listed(what: string, counts: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(counts);
  return entries.length === 0 ? [] : [`${what}: ${entries.map(([name, count]) => `${count} × ${name}`).join(', ')}.`];
}

function highestBacklog({ samples }: RunSummary): string {
  const all = samples.flatMap(({ backlog }) => Object.entries(backlog));
  const [queue, count] = all.reduce((most, one) => (one[1] > most[1] ? one : most), ['none', 0]);
  return count === 0 ? '0' : `${queue} ${count}`;
}

function percentiles({ p50, p95, p99 }: Latency): string[] {
  return [p50, p95, p99].map((value) => (value === undefined ? '–' : String(value)));
}

function markdownTable(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heading), line(heading.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)];
}
