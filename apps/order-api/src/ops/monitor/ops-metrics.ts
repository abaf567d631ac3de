import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { Gauge, type Registry } from 'prom-client';
import { readOpenAlerts } from '../alerts/alert-store.js';
import { queueKinds, workerKinds } from '../alerts/finding.js';
import { observeQueues } from './observe-queues.js';

export interface OpsMetricsOptions {
  readonly registry: Registry;
  readonly database: SqlTransaction;
  readonly queues: readonly string[];
  /** The queues whose consumers are watched. */
  readonly consumers: readonly string[];
  /** After how long without a look a queue has no value, in seconds: an old one would say that all is well. */
  readonly staleSeconds: number;
}

/**
 * Metrics of queues and alerts. Every replica answers the same, from what the one that leads recorded: take the largest,
 * never the sum. A failed question makes the reading fail, and says so.
 */
export function registerOpsMetrics(options: OpsMetricsOptions): void {
  const { registry, database, queues, consumers, staleSeconds } = options;
  const registers = [registry];
  new Gauge({
    name: 'orderflow_ops_dead_letters',
    help: 'Dead letters that are in a queue now, whoever put them there; absent while nobody can look',
    labelNames: ['queue'],
    registers,
    async collect() {
      const seen = await observeQueues(database, queues, staleSeconds);
      this.reset();
      for (const { queue, counts } of seen) if (counts) this.set({ queue }, counts.deadLetters);
    },
  });
  new Gauge({
    name: 'orderflow_ops_alert',
    help: '1 while an alert of the monitor is open',
    labelNames: ['queue', 'kind'],
    registers,
    async collect() {
      const open = await readOpenAlerts(database);
      this.reset();
      // What appears with an alert only cannot be seen to rise.
      for (const queue of queues) for (const kind of queueKinds) this.set({ queue, kind }, 0);
      for (const queue of consumers) for (const kind of workerKinds) this.set({ queue, kind }, 0);
      for (const { queue, kind } of open) this.set({ queue, kind }, 1);
    },
  });
}
