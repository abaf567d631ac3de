import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { untilAskedToStop } from '../child/supervised.js';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { lastLines } from '../supervisor/last-lines.js';
import { follow } from './follow.js';
import { readable } from './readable.js';

export interface TailFlags {
  readonly lines: number;
  readonly follow: boolean;
  readonly json?: boolean;
}

/** Shows the end of a process's log, and what is added to it until Ctrl-C. */
export async function tailCommand({ workspace }: CommandContext, name: string, flags: TailFlags): Promise<void> {
  const path = join(workspace.logs, `${name}.log`);
  if (!/^[a-z-]+$/.test(name) || !existsSync(path)) {
    throw new CommandError(
      `There is no log of ${name} in ${workspace.logs}: start the system with npm start, or check the name.`,
    );
  }
  const show = (line: string): void => console.log(flags.json === true ? line : readable(line));
  const stop = flags.follow ? follow(path, show) : undefined;
  for (const line of lastLines(path, flags.lines)) show(line);
  if (stop === undefined) return;
  const unread = new Promise<void>((resolve) => process.stdout.once('error', () => resolve()));
  await untilAskedToStop((asked) => Promise.race([asked, unread]));
  stop();
}
