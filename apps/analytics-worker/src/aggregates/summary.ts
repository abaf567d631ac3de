import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { type BucketCount, percentileMs } from './latency-histogram.js';

/** A stretch of time; `from` is inside, `to` is not. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

export interface Summary {
  readonly from: string;
  readonly to: string;
  /** How often each type of event happened. */
  readonly events: Readonly<Record<string, number>>;
  /** Captured payments, in minor units of each currency. */
  readonly revenue: Readonly<Record<string, number>>;
  /** How far orders came. */
  readonly funnel: Funnel;
  /** From an order's creation to its payment. */
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
  readonly perMinute: readonly { readonly minute: string; readonly type: string; readonly events: number }[];
}

export interface Funnel {
  readonly decided: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly cancelled: number;
  readonly paid: number;
  readonly paymentFailed: number;
}

interface MinuteCount {
  readonly minute: Date;
  readonly type: string;
  readonly events: number;
}

/** Sums up the aggregates of a period, to the minute. */
export class SummaryReader {
  readonly #db: SqlTransaction;

  constructor(db: SqlTransaction) {
    this.#db = db;
  }

  async read({ from, to }: Period): Promise<Summary> {
    const [perMinute, revenue, histogram] = await Promise.all([
      this.#rows<MinuteCount>(
        `SELECT minute, type, sum(events)::float8 AS events FROM event_counts
         WHERE minute >= $1 AND minute < $2 GROUP BY minute, type ORDER BY minute, type`,
        [from, to],
      ),
      this.#rows<{ currency: string; amount: number }>(
        `SELECT currency, sum(amount)::float8 AS amount FROM revenue
         WHERE minute >= $1 AND minute < $2 GROUP BY currency ORDER BY currency`,
        [from, to],
      ),
      this.#rows<BucketCount>(
        `SELECT bucket, sum(orders)::float8 AS orders FROM latencies
         WHERE minute >= $1 AND minute < $2 GROUP BY bucket`,
        [from, to],
      ),
    ]);
    const events = totals(perMinute);
    const percentile = (part: number) => percentileMs(histogram, part);
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      events,
      revenue: Object.fromEntries(revenue.map(({ currency, amount }) => [currency, amount])),
      funnel: funnelOf(events),
      latencyMs: { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) },
      perMinute: perMinute.map(({ minute, ...count }) => ({ minute: minute.toISOString(), ...count })),
    };
  }

  async #rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return (await this.#db.query(text, values)).rows as Row[];
  }
}

function totals(counts: readonly MinuteCount[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { type, events } of counts) sums[type] = (sums[type] ?? 0) + events;
  return sums;
}

function funnelOf(events: Readonly<Record<string, number>>): Funnel {
  const of = (type: string) => events[type] ?? 0;
  const accepted = of('order.accepted');
  const rejected = of('order.rejected');
  const cancelled = of('order.cancelled');
  return {
    decided: accepted + rejected + cancelled,
    accepted,
    rejected,
    cancelled,
    paid: of('payment.captured'),
    paymentFailed: of('payment.failed'),
  };
}
