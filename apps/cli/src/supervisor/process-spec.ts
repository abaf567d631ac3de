import type { ChildProcess } from 'node:child_process';
import type { Liveness } from './liveness.js';

/** A process as the supervisor runs it. */
export interface ProcessSpec {
  readonly name: string;
  /** The JavaScript file to run with this Node.js. */
  readonly script: string;
  /** Asked for at each start. */
  readonly args?: () => readonly string[];
  /** The environment of the process; asked for at each start. */
  readonly environment: () => NodeJS.ProcessEnv;
  /** Where both outputs of the process are appended to. */
  readonly logFile: string;
  /** Names the process while it runs, for a supervisor that comes after one that was killed; none when absent. */
  readonly pidFile?: string;
  /**
   * Runs before a process that was never ready is started once more, for example to find it another port. What it
   * throws ends the start.
   */
  readonly beforeRetry?: () => Promise<void>;
  /** Resolves when the process does its work; rejects when it never will. Aborted when the process ends. */
  readonly ready: (child: ChildProcess, signal: AbortSignal) => Promise<void>;
  /** Whether it hangs, once it was ready; not asked when absent. A process that hangs is killed and started again. */
  readonly liveness?: Liveness;
  /** How long it may take to get ready, in milliseconds. */
  readonly readyTimeoutMs: number;
  /** How long it may take to finish what is in flight after it was asked to stop, in milliseconds. */
  readonly stopTimeoutMs: number;
}

/** What happens to a process, for whoever reports it. */
export type ProcessEvent =
  | { readonly kind: 'ready'; readonly name: string; readonly tookMs: number; readonly restarts: number }
  | {
      readonly kind: 'ended';
      readonly name: string;
      /** `exit code 1`, `signal SIGKILL`, or why it was given up. */
      readonly how: string;
      /** Ends in a row, this one included. */
      readonly failures: number;
      /** When it starts again; absent when it does not. */
      readonly restartInMs?: number;
      /** The end of its log, in a crash loop only. */
      readonly lastLines?: readonly string[];
      readonly logFile: string;
    }
  | { readonly kind: 'stopped'; readonly name: string; readonly tookMs: number }
  | { readonly kind: 'killed'; readonly name: string; readonly afterMs: number };
