import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { placeOrder } from '../orders.js';
import type { System } from '../system.js';

/** From one look at which orders are paid to the next, in milliseconds: as exact as the times are. */
const lookEveryMs = 25;

interface Sample {
  readonly at: number;
  readonly postMs: number;
  paidMs?: number;
}

/** From one moment of `performance.now` to another. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The 95th percentiles, in milliseconds. */
export interface Latencies {
  readonly orders: number;
  readonly post: number;
  readonly paid: number;
}

/** Orders that come in at a steady pace while something else goes on; each with a key, sent again until it is accepted. */
export class LiveTraffic {
  readonly #system: System;
  readonly #perSecond: number;
  readonly #samples = new Map<string, Sample>();
  readonly #unpaid = new Set<string>();
  readonly #placing = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #database: pg.Client;
  #running: Promise<unknown> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(system: System, perSecond: number) {
    this.#system = system;
    this.#perSecond = perSecond;
    this.#database = new pg.Client(system.databaseUrl('order-api'));
  }

  /** How many were accepted so far. */
  get orders(): number {
    return this.#samples.size;
  }

  async start(): Promise<void> {
    await this.#database.connect();
    this.#running = Promise.all([this.#place(), this.#look()]);
  }

  /** Places no more, and resolves once all are paid. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    try {
      await this.#running;
    } finally {
      await this.#database.end();
    }
  }

  /** Of the orders that were placed in some time. */
  latencies(...spans: readonly Span[]): Latencies {
    const samples = [...this.#samples.values()].filter(({ at }) => spans.some(({ from, to }) => at >= from && at < to));
    return {
      orders: samples.length,
      post: percentile95(samples.map(({ postMs }) => postMs)),
      paid: percentile95(samples.flatMap(({ paidMs }) => paidMs ?? [])),
    };
  }

  async #place(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const placing = this.#placeOne().finally(() => this.#placing.delete(placing));
      this.#placing.add(placing);
      await pause(1_000 / this.#perSecond, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(this.#placing);
  }

  async #placeOne(): Promise<void> {
    const at = performance.now();
    const id = await placeOrder(this.#system);
    this.#samples.set(id, { at, postMs: performance.now() - at });
    this.#unpaid.add(id);
  }

  /** Asks the database: asking for each order by REST would be more traffic than the orders are. */
  async #look(): Promise<void> {
    while (!this.#stopping.signal.aborted || this.#placing.size > 0 || this.#unpaid.size > 0) {
      const { rows } = await this.#database.query<{ id: string }>(
        "SELECT id FROM orders WHERE id = ANY ($1) AND status = 'paid'",
        [[...this.#unpaid]],
      );
      const now = performance.now();
      for (const { id } of rows) {
        const sample = this.#samples.get(id);
        if (sample) sample.paidMs = now - sample.at;
        this.#unpaid.delete(id);
      }
      await pause(lookEveryMs);
    }
  }
}

function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? NaN;
}
