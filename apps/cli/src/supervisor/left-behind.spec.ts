import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { isAlive, Scripts } from '../../test/scripts.js';
import { identityOf } from '../process-identity.js';
import { endLeftBehind } from './left-behind.js';
import { pidFileOf, writePidFile } from './pid-file.js';

let scripts: Scripts;
let said: string[];
const children: ChildProcess[] = [];

beforeEach(() => {
  scripts = new Scripts();
  said = [];
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  scripts.remove();
});

/** A process that ends when its input does, with its pid file. */
function leaveBehind(name: string): ChildProcess & { pid: number } {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { detached: true });
  children.push(child);
  writePidFile(pidFileOf(scripts.directory, name), child.pid ?? 0);
  return child as ChildProcess & { pid: number };
}

const end = (graceMs: number) => endLeftBehind(scripts.directory, { graceMs, say: (line) => said.push(line) });

describe('what a killed supervisor left behind', () => {
  it('is waited for until it has ended by itself', async () => {
    const child = leaveBehind('order-api');
    const ended = end(60_000);
    child.stdin?.end();
    await ended;
    expect(said).toEqual([`Waiting for what a killed start left behind to finish: order-api (process ${child.pid}).`]);
    expect(child.signalCode ?? child.exitCode).not.toBe('SIGKILL');
    expect(readdirSync(scripts.directory)).toEqual([]);
  });

  it('is killed when it hangs', async () => {
    const child = leaveBehind('order-api');
    const exit = once(child, 'exit');
    await end(1);
    expect(await exit).toEqual([null, 'SIGKILL']);
    expect(said[1]).toMatch(/^order-api \(process \d+\) did not end within 0.001 s and is killed.$/);
  });

  it('is not a process that got the id of one of them, nor one that nothing is known of', async () => {
    const child = leaveBehind('order-api');
    const other = { ...identityOf(child.pid), startedAt: '1' };
    writeFileSync(pidFileOf(scripts.directory, 'order-api'), JSON.stringify(other));
    writeFileSync(pidFileOf(scripts.directory, 'broker'), JSON.stringify({ pid: child.pid, startedAt: '' }));
    writeFileSync(pidFileOf(scripts.directory, 'postgres'), '');
    await end(1);
    expect(said).toEqual([]);
    expect(isAlive(child.pid)).toBe(true);
    expect(readdirSync(scripts.directory)).toEqual([]);
  });

  it('is nothing on the first start', async () => {
    await endLeftBehind(scripts.path('run'), { graceMs: 1, say: (line) => said.push(line) });
    expect(said).toEqual([]);
  });
});
