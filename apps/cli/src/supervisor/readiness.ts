import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 40;
const requestTimeoutMs = 5_000;

/** The health page of one process. */
export interface HealthPage {
  readonly url: string;
  /** What the process was given as `ORDERFLOW_INSTANCE`, and answers with: somebody else may listen there. */
  readonly instance: string;
}

/** Ready when the page answers 200, and it is this very process that answers. */
export function readyWhenHealthy(page: () => HealthPage): (child: ChildProcess, signal: AbortSignal) => Promise<void> {
  return async (_child, signal) => {
    while (!(await isHealthy(page(), signal))) await pause(pollMs, undefined, { signal });
  };
}

/** Whether the page answers 200 within five seconds, and it is this very process that answers. */
export async function isHealthy({ url, instance }: HealthPage, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]) });
    await response.body?.cancel();
    return response.status === 200 && response.headers.get('orderflow-instance') === instance;
  } catch {
    // Nobody listens, or nobody answers.
    return false;
  }
}

/** Ready when the process says so over its IPC channel; `accept` gets what it says beside. */
export function readyWhenReported(accept: (facts: unknown) => void): (child: ChildProcess) => Promise<void> {
  return (child) =>
    new Promise((resolve, reject) => {
      child.once('message', (message) => {
        try {
          accept(message);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
}
