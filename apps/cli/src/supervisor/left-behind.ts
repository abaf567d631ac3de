import { setTimeout as pause } from 'node:timers/promises';
import { isRunning } from '../process-identity.js';
import { type NamedProcess, pidFileOf, readPidFiles, removePidFile } from './pid-file.js';

/** There is no event for the end of a process that is not our child. */
const pollMs = 20;

export interface LeftBehindOptions {
  /** How long they may take to finish what is in flight, in milliseconds; then they are killed. */
  readonly graceMs: number;
  /** Called with one line for each process that is waited for, and for each that was killed. */
  readonly say: (line: string) => void;
}

/**
 * Waits for the end of the processes of a supervisor that was killed, which they have noticed and stop for, so that
 * their ports and files are free. Ends by force what hangs. Where the system does not say when a process started
 * (Windows), an id may be somebody else's by now, and nothing is done.
 *
 * @param directory holds the pid files of the supervisor; they are removed
 */
export async function endLeftBehind(directory: string, { graceMs, say }: LeftBehindOptions): Promise<void> {
  const found = readPidFiles(directory);
  const left = (): NamedProcess[] => found.filter((one) => one.startedAt !== '' && isRunning(one));
  if (left().length > 0) {
    say(`Waiting for what a killed start left behind to finish: ${left().map(describe).join(', ')}.`);
    const deadline = performance.now() + graceMs;
    while (left().length > 0 && performance.now() < deadline) await pause(pollMs);
    for (const one of left()) {
      say(`${describe(one)} did not end within ${graceMs / 1_000} s and is killed.`);
      killGroup(one.pid);
    }
    while (left().length > 0) await pause(pollMs);
  }
  for (const { name } of found) removePidFile(pidFileOf(directory, name));
}

function describe({ name, pid }: NamedProcess): string {
  return `${name} (process ${pid})`;
}

/** Every process of a supervisor leads a group of its own. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has ended in between.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
