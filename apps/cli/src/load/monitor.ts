import { setTimeout as pause } from 'node:timers/promises';
import type { QueueCount, QueueCounts } from './queue-counts.js';
import type { Autoscaler } from './scaling/autoscaler.js';
import { realClock } from './schedule.js';

/** The system at one moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Messages waiting or in work, by queue. */
  readonly backlog: Readonly<Record<string, number>>;
  /** Running replicas, by app; empty when they are not ours to start. */
  readonly replicas: Readonly<Record<string, number>>;
}

export interface MonitorOptions {
  readonly counts: Pick<QueueCounts, 'read'>;
  readonly queues: readonly string[];
  /** By app. */
  readonly pools: ReadonlyMap<string, { readonly running: number }>;
  /** Decides on the counts when it is time to. */
  readonly autoscaler?: Autoscaler;
  readonly pollingIntervalMs: number;
  readonly onSample?: (sample: Sample) => void;
}

const samplingIntervalMs = 1_000;

/** Looks at the system every second, and lets the autoscaler decide as often as it is configured to. */
export class Monitor {
  readonly samples: Sample[] = [];
  /** Why the counts could not be read, for each time they could not. */
  readonly failures: string[] = [];
  readonly #options: MonitorOptions;
  #decideFrom = 0;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Resolves when the signal comes. Rejects when replicas cannot be started. */
  async watch(signal: AbortSignal): Promise<void> {
    for (let next = realClock.now(); !signal.aborted; next += samplingIntervalMs) {
      const counts = await this.#read(signal);
      if (counts !== undefined) await this.#take(counts);
      // One that took longer than a second is followed at once.
      next = Math.max(next, realClock.now() - samplingIntervalMs);
      await pause(Math.max(0, next + samplingIntervalMs - realClock.now()), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  async #read(signal: AbortSignal): Promise<ReadonlyMap<string, QueueCount> | undefined> {
    try {
      return await this.#options.counts.read(this.#options.queues, signal);
    } catch (error) {
      if (!signal.aborted) this.failures.push(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  async #take(counts: ReadonlyMap<string, QueueCount>): Promise<void> {
    const { pools, autoscaler, pollingIntervalMs, onSample } = this.#options;
    const at = realClock.now();
    if (autoscaler !== undefined && at >= this.#decideFrom) {
      this.#decideFrom = at + pollingIntervalMs;
      await autoscaler.apply(counts, at);
    }
    const sample: Sample = {
      at,
      backlog: Object.fromEntries([...counts].map(([queue, { active }]) => [queue, active])),
      replicas: Object.fromEntries([...pools].map(([app, { running }]) => [app, running])),
    };
    this.samples.push(sample);
    onSample?.(sample);
  }
}
