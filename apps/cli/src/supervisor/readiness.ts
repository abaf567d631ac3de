import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 40;
const requestTimeoutMs = 5_000;

/** Ready when `url` answers 200. */
export function readyWhenHealthy(url: () => string): (child: ChildProcess, signal: AbortSignal) => Promise<void> {
  return async (_child, signal) => {
    while (!(await isHealthy(url(), signal))) await pause(pollMs, undefined, { signal });
  };
}

/** Whether `url` answers 200 within five seconds. */
export async function isHealthy(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    // Nobody listens, or nobody answers.
    return false;
  }
}

/** Ready when the process says so over its IPC channel; `accept` gets what it says beside. */
export function readyWhenTold(accept: (facts: unknown) => void): (child: ChildProcess) => Promise<void> {
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
