import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually, isAlive, Scripts, wellBehaved } from '../../test/scripts.js';

let scripts: Scripts;

beforeEach(() => {
  scripts = new Scripts();
});

afterEach(() => scripts.remove());

/** The supervisor as plain JavaScript, which a process of its own can run. */
function bundle(): string {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const file = scripts.path('supervisor.mjs');
  const rolldown = here('../../../../node_modules/rolldown/bin/cli.mjs');
  const input = here('../../test/small-system.ts');
  execFileSync(process.execPath, [rolldown, input, '--file', file, '--format', 'esm', '--platform', 'node']);
  return file;
}

describe('a supervisor that is killed', () => {
  it('leaves nothing behind: its processes notice and end in order', async () => {
    scripts.write('child', wellBehaved);
    const supervisor = spawn(process.execPath, [bundle(), scripts.directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(supervisor.stdout), 'line')) as [string];
    const pids = JSON.parse(line) as number[];
    expect(pids.map(isAlive)).toEqual([true, true]);

    supervisor.kill('SIGKILL');
    await eventually(() => !pids.some(isAlive));
    expect(readFileSync(scripts.path('first.log'), 'utf8')).toBe('stopping: disconnect\n');
    expect(readFileSync(scripts.path('second.log'), 'utf8')).toBe('stopping: disconnect\n');
  });
});
