import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { OrderApi } from '../orders/order-api.js';
import { Monitor, type Sample } from './monitor.js';
import { type Outcome, readOutcomes, waitUntilEnded } from './order-outcomes.js';
import type { Placement } from './order-poster.js';
import { placeOrders, type Placing } from './place-orders.js';
import type { QueueCounts } from './queue-counts.js';
import { Autoscaler } from './scaling/autoscaler.js';
import type { ReplicaPool } from './scaling/replica-pool.js';
import type { ScalingRule } from './scaling/scaling-rules.js';
import type { Schedule } from './schedule.js';

/** The replicas of each worker: a number, by KEDA's formula, or however many somebody else runs. */
export type Workers = number | 'auto' | 'as deployed';

export interface LoadRunOptions {
  readonly workers: Workers;
  readonly schedule: Schedule;
  /** Orders that are placed before the run and not measured, so that code is compiled and connections are open. */
  readonly warmUp: number;
  /** How long orders may take to their end after the last was placed, in milliseconds. */
  readonly drainTimeoutMs: number;
  readonly api: OrderApi;
  readonly counts: QueueCounts;
  /** The queues to watch. */
  readonly queues: readonly string[];
  readonly rules: readonly ScalingRule[];
  /** By app; empty when replicas are not ours to start. */
  readonly pools: ReadonlyMap<string, ReplicaPool>;
  readonly signal: AbortSignal;
  readonly onPhase: (phase: string) => void;
  readonly onProgress: (placing: Placing, sample: Sample | undefined) => void;
}

/** Everything that was seen in one run. */
export interface LoadRun {
  readonly workers: Workers;
  readonly schedule: Schedule;
  readonly placements: readonly Placement[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly samples: readonly Sample[];
  /** Why counts could not be read, for each time. */
  readonly samplingFailures: readonly string[];
  /** Messages that were dead-lettered meanwhile, by queue. */
  readonly deadLettered: Readonly<Record<string, number>>;
}

const warmUpTimeoutMs = 120_000;
const restPollMs = 250;

/** Runs the load once: replicas, warm-up, load, until every order has ended. Rejects when the signal comes. */
export async function runLoad(options: LoadRunOptions): Promise<LoadRun> {
  const { workers, schedule, api, counts, queues, signal } = options;
  await prepare(options);
  const before = await counts.read(queues, signal);
  const scaled = options.rules.flatMap((rule) => {
    const pool = options.pools.get(rule.app);
    return pool === undefined ? [] : [{ rule, pool }];
  });
  const autoscaler = workers === 'auto' ? new Autoscaler(scaled) : undefined;
  let placing: Placing = { sent: 0, accepted: 0, failed: 0 };
  const monitor = new Monitor({
    counts,
    queues,
    pools: options.pools,
    ...(autoscaler !== undefined && { autoscaler }),
    pollingIntervalMs: options.rules[0]?.pollingIntervalMs ?? 0,
    onSample: (sample) => options.onProgress(placing, sample),
  });
  const customerId = newCustomerId();
  const place = async (): Promise<readonly Placement[]> => {
    options.onPhase(`placing ${schedule.orders} orders, ${schedule.rate} a second`);
    const onChange = (now: Placing): void => void (placing = now);
    const placements = await placeOrders({
      apiUrl: api.baseUrl,
      credentials: api.credentials,
      customerId,
      schedule,
      signal,
      onChange,
    });
    options.onPhase('waiting until every order has ended');
    await waitUntilEnded(api, customerId, performance.now() + options.drainTimeoutMs, signal);
    if (autoscaler !== undefined) await untilAtRest(autoscaler, options);
    return placements;
  };
  const placements = await whileWatching(monitor, place);
  const after = await counts.read(queues, signal);
  const deadLetters = (queue: string): number =>
    (after.get(queue)?.deadLetter ?? 0) - (before.get(queue)?.deadLetter ?? 0);
  return {
    workers,
    schedule,
    placements,
    outcomes: await readOutcomes(api, customerId),
    samples: monitor.samples,
    samplingFailures: monitor.failures,
    deadLettered: Object.fromEntries(queues.map((queue) => [queue, deadLetters(queue)])),
  };
}

/** The replicas to begin with, and code that has run. */
async function prepare(options: LoadRunOptions): Promise<void> {
  const { api, signal, onPhase, schedule, warmUp } = options;
  await startReplicas(options);
  signal.throwIfAborted();
  if (warmUp === 0) return;
  onPhase(`warming up with ${warmUp} orders`);
  const customerId = newCustomerId();
  await placeOrders({
    apiUrl: api.baseUrl,
    credentials: api.credentials,
    customerId,
    schedule: { ...schedule, orders: warmUp },
    signal,
  });
  await waitUntilEnded(api, customerId, performance.now() + warmUpTimeoutMs, signal);
}

async function startReplicas({ workers, rules, pools, onPhase }: LoadRunOptions): Promise<void> {
  if (workers === 'as deployed') return;
  onPhase('starting the replicas');
  for (const { app, minReplicas } of rules) {
    await pools.get(app)?.scaleTo(workers === 'auto' ? minReplicas : workers);
  }
  await Promise.all([...pools.values()].map((pool) => pool.settled()));
}

/** Does some work while the monitor watches; a monitor that fails ends it. */
async function whileWatching<Result>(monitor: Monitor, work: () => Promise<Result>): Promise<Result> {
  const done = new AbortController();
  const watching = monitor.watch(done.signal);
  try {
    return await Promise.race([work(), watching.then(() => new Promise<never>(() => undefined))]);
  } finally {
    done.abort();
    await watching;
  }
}

/** Until the replicas that the load called for have been stopped again. */
async function untilAtRest(autoscaler: Autoscaler, { onPhase, signal }: LoadRunOptions): Promise<void> {
  if (!autoscaler.isAtRest) onPhase('waiting for the cool-down, until the replicas are back at their minimum');
  while (!autoscaler.isAtRest) await pause(restPollMs, undefined, { signal });
}

function newCustomerId(): string {
  return `load-${randomUUID()}`;
}
