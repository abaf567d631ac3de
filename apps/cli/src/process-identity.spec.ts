import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../test/scripts.js';
import { identityOf, isRunning } from './process-identity.js';

describe('the identity of a process', () => {
  it('is that of a running process until it ends', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const identity = identityOf(child.pid ?? 0);
    expect(isRunning(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isRunning(identity)).toBe(false);
  });

  it('is not that of a later process with the same id', () => {
    expect(isRunning({ ...identityOf(process.pid), startedAt: '1' })).toBe(false);
    expect(isRunning({ pid: process.pid, startedAt: '' })).toBe(false);
  });

  it('is not that of a process that has ended and that its parent does not wait for', async () => {
    // A shell that starts another one and then becomes a program that waits for nobody.
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60']);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const identity = identityOf(Number(String(line)));
    expect(isRunning(identity)).toBe(true);
    await eventually(() => !isRunning(identity));
    process.kill(identity.pid, 0);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });
});
