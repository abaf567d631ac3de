import type { PostgresMessaging } from '@orderflow/messaging/postgres';
import type { Pool } from 'pg';
import { recordLook } from '../alerts/record-look.js';
import { findingsOf, type QueueObservation, type WorkerReport } from './findings.js';
import { observeQueues } from './observe-queues.js';
import type { Thresholds } from './thresholds.js';

/** Asks the consumer of one queue how it is; a text says why it does not answer. Never rejects. */
export type AskConsumer = () => Promise<WorkerReport | string>;

export interface MonitorOptions {
  readonly pool: Pool;
  readonly messaging: Pick<PostgresMessaging, 'transaction'>;
  /** Queues and subscriptions whose dead letters are operated. */
  readonly queues: readonly string[];
  /** By the queue that each consumes. */
  readonly consumers: ReadonlyMap<string, AskConsumer>;
  readonly thresholds: Thresholds;
  /** After how long without a look into a queue nobody knows how it is, in seconds. */
  readonly staleSeconds: number;
}

/** Compares queues and their consumers with their thresholds, and records which alerts begin and end by that. */
export class Monitor {
  readonly #options: MonitorOptions;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** One look at everything. Rejects when the database does not answer; the next look goes on from the last one. */
  async look(signal: AbortSignal): Promise<void> {
    const { messaging, thresholds } = this.#options;
    const seen = await this.#observe();
    if (signal.aborted) return;
    const findings = seen.flatMap((queue) => findingsOf(queue, thresholds.of(queue.queue)));
    await messaging.transaction((tx) => recordLook(tx, findings));
  }

  async #observe(): Promise<readonly QueueObservation[]> {
    const { pool, queues, consumers, staleSeconds } = this.#options;
    const [observed, reports] = await Promise.all([
      observeQueues(pool, queues, staleSeconds),
      Promise.all([...consumers].map(async ([queue, ask]) => [queue, await ask()] as const)),
    ]);
    const all = new Map<string, QueueObservation>(observed.map((one) => [one.queue, one]));
    for (const [queue, worker] of reports) all.set(queue, { ...(all.get(queue) ?? { queue }), worker });
    return [...all.values()];
  }
}
