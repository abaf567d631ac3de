import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Runtime } from '@orderflow/service-kit';
import { findBroker, namedBroker, openBroker } from '../broker-transport.js';
import type { CommandContext } from '../command-context.js';
import { CommandError, UsageError } from '../command-error.js';
import { findOrderApi } from '../orders/order-api.js';
import { keepNewFilesPrivate } from '../private-files.js';
import { readRuntime } from '../runtime-file.js';
import { describeEvent } from '../up/describe-event.js';
import { onStopSignals } from '../up/stop-signals.js';
import { type LoadRun, runLoad, type Workers } from './load-run.js';
import { Progress } from './progress.js';
import { QueueCounts } from './queue-counts.js';
import { chartsOf } from './report/charts.js';
import { currentLoad, describeMachine } from './report/machine.js';
import { type LoadReport, toMarkdown } from './report/markdown.js';
import { isComplete, summarize } from './report/summary.js';
import { ReplicaPool } from './scaling/replica-pool.js';
import { type ScalingRule, scalingRules } from './scaling/scaling-rules.js';

export interface LoadFlags {
  readonly orders: number;
  readonly rate: number;
  readonly workers?: readonly (number | 'auto')[];
  readonly pollingInterval?: number;
  readonly cooldownPeriod?: number;
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  readonly warmUp: number;
  readonly timeout: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** The queue that brings order-api what became of orders; watched, and not scaled here. */
const orderStatusQueue = 'order-status';

/** Runs the load once for each number of workers, and writes the report. */
export async function loadCommand(context: CommandContext, flags: LoadFlags): Promise<void> {
  const startedAt = new Date().toISOString();
  const loadBefore = currentLoad();
  const runs = await runAll(context, flags);
  const report: LoadReport = {
    startedAt,
    command: commandLine(flags),
    machine: describeMachine(loadBefore),
    runs: runs.map(summarize),
  };
  const out = resolve(flags.out ?? join(context.workspace.state, 'load', startedAt.replaceAll(/[:.]/g, '-')));
  if (flags.out === undefined) keepNewFilesPrivate();
  const page = writeReport(out, report);
  if (flags.json === true) console.log(JSON.stringify(report));
  else console.log(`${page}\nReport: ${join(out, 'report.md')}`);
  if (!report.runs.every(isComplete)) context.finish(1);
}

async function runAll(context: CommandContext, flags: LoadFlags): Promise<LoadRun[]> {
  checkAddresses(context);
  const api = findOrderApi(context);
  const address = findBroker(context);
  const runtime = localRuntime(context);
  const allWorkers = workersOf(flags, runtime);
  // Before thousands of orders are refused: whether it answers, and takes the token.
  await api.list({ limit: '1' });
  const transport = await openBroker(context, address);
  const counts = new QueueCounts(transport.inspection);
  const rules = scalingRules.map((rule) => changedBy(flags, rule));
  const progress = new Progress(process.stderr);
  const asked = new AbortController();
  const pools = runtime === undefined ? [] : rules.map(({ app }) => openPool(app, context, runtime, asked, progress));
  const stopListening = onStopSignals(
    () => asked.abort(new CommandError('Stopped before the end; there is no report.')),
    () => {
      for (const pool of pools) pool.kill();
    },
  );
  try {
    const runs: LoadRun[] = [];
    for (const workers of allWorkers) {
      const run = await runLoad({
        workers,
        schedule: { orders: flags.orders, rate: flags.rate },
        warmUp: flags.warmUp,
        drainTimeoutMs: flags.timeout * 1_000,
        api,
        counts,
        queues: [...rules.map(({ queue }) => queue), orderStatusQueue],
        rules,
        pools: new Map(pools.map((pool) => [pool.app.name, pool])),
        signal: asked.signal,
        onPhase: (phase) => progress.say(`workers ${workers}: ${phase}`),
        onProgress: (placing, sample) => progress.show(placing, sample),
      });
      progress.clear();
      runs.push(run);
    }
    return runs;
  } catch (error) {
    // Whoever was waiting says only that it was asked to stop, not why.
    asked.signal.throwIfAborted();
    throw error;
  } finally {
    // Ends what a failed run left under way.
    asked.abort();
    progress.clear();
    for (const pool of pools) await pool.scaleTo(1);
    await Promise.all(pools.map((pool) => pool.settled()));
    await transport.close();
    stopListening();
  }
}

/** The system on this machine, unless another one's API is named. */
function localRuntime({ workspace, environment }: CommandContext): Runtime | undefined {
  return environment['ORDER_API_URL'] ? undefined : readRuntime(workspace.runtimeFile);
}

/** The backlog of one system must not be shown with the latencies of another. */
function checkAddresses({ environment }: CommandContext): void {
  if (environment['ORDER_API_URL'] && namedBroker(environment) === undefined) {
    throw new UsageError(
      'ORDER_API_URL names a system whose broker is not known: set SERVICEBUS_FULLY_QUALIFIED_NAMESPACE or SERVICEBUS_CONNECTION_STRING too, or MESSAGING_TRANSPORT and RABBITMQ_URL.',
    );
  }
}

function workersOf({ workers }: LoadFlags, runtime: Runtime | undefined): readonly Workers[] {
  if (runtime !== undefined) return workers ?? ['auto'];
  if (workers === undefined) return ['as deployed'];
  throw new UsageError(
    'Only the workers of a system on this machine can be scaled: start it with npm start and leave ORDER_API_URL unset, or leave --workers out.',
  );
}

function changedBy(flags: LoadFlags, rule: ScalingRule): ScalingRule {
  const { pollingInterval, cooldownPeriod } = flags;
  const maxReplicas = Math.min(rule.maxReplicas, flags.maxReplicas);
  return {
    ...rule,
    maxReplicas,
    minReplicas: Math.min(maxReplicas, flags.minReplicas ?? rule.minReplicas),
    ...(pollingInterval !== undefined && { pollingIntervalMs: pollingInterval * 1_000 }),
    ...(cooldownPeriod !== undefined && { cooldownPeriodMs: cooldownPeriod * 1_000 }),
  };
}

function openPool(
  app: string,
  context: CommandContext,
  runtime: Runtime,
  asked: AbortController,
  progress: Progress,
): ReplicaPool {
  return new ReplicaPool(app, {
    context,
    runtime,
    report: (event) => progress.say(describeEvent(event)),
    onFailure: (error) => asked.abort(new CommandError((error as Error).message, { cause: error })),
  });
}

/** Writes page, charts and numbers into a directory, and answers the page. */
function writeReport(directory: string, report: LoadReport): string {
  mkdirSync(directory, { recursive: true });
  const charts = report.runs.map(chartsOf);
  for (const { name, svg } of charts.flat()) writeFileSync(join(directory, name), svg);
  const page = toMarkdown(
    report,
    charts.map((files) => files.map(({ name }) => name)),
  );
  writeFileSync(join(directory, 'report.md'), page);
  writeFileSync(join(directory, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  return page;
}

/** What to type to do it again. */
function commandLine(flags: LoadFlags): string {
  const given = Object.entries(flags)
    .filter(([name]) => !['json', 'out'].includes(name))
    .map(([name, value]) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(value)}`);
  return ['orderflow load', ...given].join(' ');
}
