import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Scripts } from '../../test/scripts.js';
import { takeStateLock } from './state-lock.js';

let scripts: Scripts;
let path: string;

beforeEach(() => {
  scripts = new Scripts();
  path = scripts.path('lock');
});

afterEach(() => scripts.remove());

const take = () => takeStateLock(path, (holder) => `held by ${holder}`);

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('takeStateLock', () => {
  it('is held by one at a time, and leaves nothing when it is released', () => {
    const lock = take();
    expect(take).toThrow(`held by ${process.pid}`);
    lock.release();
    expect(readdirSync(scripts.directory)).toEqual([]);
    take().release();
  });

  it('replaces the lock of a process that was killed', async () => {
    writeFileSync(path, JSON.stringify({ pid: await endedProcess(), startedAt: '1' }));
    const lock = take();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
    expect(existsSync(path)).toBe(false);
  });

  it('replaces the lock of an earlier process with an id that is used again', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));
    take().release();
  });

  it('replaces a file that is no lock', () => {
    writeFileSync(path, 'half a li');
    take().release();
  });
});
