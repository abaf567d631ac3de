import type { Moment } from './points.js';

export const faults = ['kill', 'cut', 'lock-lost', 'database-gone', 'freeze'] as const;

/**
 * What strikes at a point. `kill`: SIGKILL. `cut`: every connection to the broker is reset. `lock-lost`: the locks of
 * all messages end, and they are delivered again. `database-gone`: the database ends all connections and refuses new
 * ones for a moment. `freeze`: SIGSTOP until all locks and leases are over and a second replica had its turn.
 */
export type Fault = (typeof faults)[number];

/** A point, its moment and what strikes there. */
export interface Strike {
  readonly id: number;
  readonly moment: Moment;
  readonly fault: Fault;
}

/** How a worker process is started; its only argument, as JSON. */
export interface WorkerSettings {
  readonly connectionString: string;
  readonly databaseUrl: string;
  readonly concurrency: number;
  /** Whether it consumes the queue with sessions, instead of the one without. */
  readonly isOrdered: boolean;
  /** By how much its clock is ahead of the machine's, in milliseconds. */
  readonly aheadMs: number;
  /** How long a message waits to be tried again, in milliseconds; 10 when absent. */
  readonly retryMs?: number;
  /** After how many deliveries it believes that the broker gives a message up; many when absent. */
  readonly maxDeliveryCount?: number;
  /** Whether messages of the kind `held` wait from the start; false when absent. */
  readonly holds?: boolean;
  /** Armed before anything else runs. */
  readonly strike?: Strike;
}

/** What a worker is asked for over its IPC channel. */
export type Command =
  | { readonly kind: 'arm'; readonly strike?: Strike; readonly hold: boolean }
  | { readonly kind: 'disarm' }
  | { readonly kind: 'let-go' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'stop'; readonly drainTimeoutMs: number }
  | { readonly kind: 'report'; readonly id: number };

/** What a worker says over its IPC channel. */
export type Report =
  | { readonly kind: 'ready' | 'armed' | 'disarmed' | 'holding' }
  | { readonly kind: 'error'; readonly message: string }
  | {
      readonly kind: 'state';
      /** That of the command it answers; absent when nobody asked. */
      readonly id?: number;
      readonly inFlight: number;
      readonly probes: number;
      readonly reached: readonly string[];
    };

/**
 * The pipe on which a worker says, byte by byte and without letting anything else run, that a fault has to be done now,
 * and reads that it was.
 */
export const strikePipe = 4;

/** What a worker reads from {@link strikePipe}: by how much its clock moves, in milliseconds. */
export interface Struck {
  readonly aheadMs: number;
}
