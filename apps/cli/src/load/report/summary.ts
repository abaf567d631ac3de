import { estimateClockOffset } from '../clock-offset.js';
import { type Latency, latencyOf } from '../latency.js';
import type { LoadRun } from '../load-run.js';
import type { Outcome } from '../order-outcomes.js';
import type { Placement } from '../order-poster.js';

/** One run in numbers. */
export interface RunSummary {
  /** The replicas of each worker: `1`, `auto`, `as deployed`. */
  readonly workers: string;
  readonly orders: number;
  /** Orders a second that were due. */
  readonly rate: number;
  /** At the API's door. */
  readonly accepted: Stage;
  /** Requests that were not answered 202, by reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** At the end of the way. */
  readonly paid: Stage;
  /** Accepted orders that were not paid, by status; `missing` when the API does not list them. */
  readonly notPaid: Readonly<Record<string, number>>;
  /** Messages that were dead-lettered meanwhile, by queue. */
  readonly deadLettered: Readonly<Record<string, number>>;
  /** How far the system's clock is ahead of the one here, in milliseconds; taken out of the latencies. */
  readonly clockOffsetMs: number;
  /** Every second of the run. */
  readonly seconds: readonly Second[];
  /** From second to second: what waited, and what worked on it. */
  readonly samples: readonly SampleSummary[];
  /** Why counts could not be read, for each time. */
  readonly samplingFailures: readonly string[];
}

export interface Stage {
  readonly orders: number;
  /** On average, from the moment the first order was due to the last that came through. */
  readonly perSecond: number;
  /** From the moment an order was due. */
  readonly latencyMs: Latency;
}

export interface Second {
  readonly accepted: number;
  readonly paid: number;
}

export interface SampleSummary {
  /** Seconds since the first order was due. */
  readonly second: number;
  readonly backlog: Readonly<Record<string, number>>;
  readonly replicas: Readonly<Record<string, number>>;
}

/** Whether every order was accepted and paid. */
export function isComplete({ orders, paid }: RunSummary): boolean {
  return paid.orders === orders;
}

/** Counts and measures what was seen. All latencies begin when an order was due, not when it could be sent. */
export function summarize({ workers, schedule, placements, outcomes, ...run }: LoadRun): RunSummary {
  const startedAt = placements[0]?.intendedAt ?? 0;
  const clockOffsetMs = offsetOf(placements);
  const accepted = placements.filter(({ order }) => order !== undefined);
  const acceptances = accepted.map(({ intendedAt, answeredAt }) => ({ dueAt: intendedAt, at: answeredAt }));
  const payments = accepted.flatMap(({ intendedAt, order }) => {
    const at = outcomes.get(order?.id ?? '')?.capturedAt;
    return at === undefined ? [] : [{ dueAt: intendedAt, at: at - clockOffsetMs }];
  });
  return {
    workers: String(workers),
    ...schedule,
    accepted: stageOf(acceptances, startedAt),
    failures: countBy(placements.flatMap(({ failure }) => failure ?? [])),
    paid: stageOf(payments, startedAt),
    notPaid: countBy(accepted.flatMap(({ order }) => unpaidStatus(outcomes.get(order?.id ?? '')) ?? [])),
    deadLettered: run.deadLettered,
    clockOffsetMs: Math.round(clockOffsetMs),
    seconds: secondsOf(acceptances, payments, startedAt),
    samples: run.samples.map(({ at, backlog, replicas }) => ({
      second: Math.round((at - startedAt) / 100) / 10,
      backlog,
      replicas,
    })),
    samplingFailures: run.samplingFailures,
  };
}

/** An order that came through a stage. */
interface Passage {
  readonly dueAt: number;
  readonly at: number;
}

function offsetOf(placements: readonly Placement[]): number {
  return estimateClockOffset(
    placements.flatMap(({ sentAt, answeredAt, order }) =>
      order === undefined ? [] : [{ sentAt, answeredAt, serverTime: order.createdAt }],
    ),
  );
}

function stageOf(passages: readonly Passage[], startedAt: number): Stage {
  const lastAt = passages.reduce((last, { at }) => Math.max(last, at), startedAt);
  const perSecond = lastAt > startedAt ? passages.length / ((lastAt - startedAt) / 1_000) : 0;
  return {
    orders: passages.length,
    perSecond: Math.round(perSecond * 10) / 10,
    latencyMs: latencyOf(passages.map(({ dueAt, at }) => at - dueAt)),
  };
}

function unpaidStatus(outcome: Outcome | undefined): string | undefined {
  if (outcome === undefined) return 'missing';
  return outcome.capturedAt === undefined ? outcome.status : undefined;
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function secondsOf(acceptances: readonly Passage[], payments: readonly Passage[], startedAt: number): Second[] {
  const secondOf = ({ at }: Passage): number => Math.max(0, Math.floor((at - startedAt) / 1_000));
  const last = [...acceptances, ...payments].reduce((latest, one) => Math.max(latest, secondOf(one)), -1);
  const seconds = Array.from({ length: last + 1 }, () => ({ accepted: 0, paid: 0 }));
  const count = (passages: readonly Passage[], stage: keyof Second): void => {
    for (const passage of passages) {
      const second = seconds[secondOf(passage)];
      if (second !== undefined) second[stage] += 1;
    }
  };
  count(acceptances, 'accepted');
  count(payments, 'paid');
  return seconds;
}
