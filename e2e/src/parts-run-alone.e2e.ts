import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { command } from './system.js';

let home: string;
let part: ChildProcess | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'orderflow-alone-'));
});

afterEach(() => {
  part?.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true, maxRetries: 10 });
});

/** Starts a command as a shell with no umask does, and answers its lines up to the one that tells that it is ready. */
async function start(ready: RegExp, ...args: string[]): Promise<string[]> {
  const umask = process.umask(0);
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ORDERFLOW_STATE: join(home, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.umask(umask);
  part = child;
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (ready.test(line)) return lines;
  }
  throw new Error(`orderflow ${args.join(' ')} ended early:\n${lines.join('\n')}`);
}

async function stop(): Promise<number | null> {
  if (!part) throw new Error('Nothing was started.');
  part.kill('SIGTERM');
  const [code] = (await once(part, 'exit')) as [number | null];
  return code;
}

const openToOthers = (directory: string): string[] =>
  ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })].filter(
    (name) => (statSync(join(directory, name)).mode & 0o077) !== 0,
  );

describe('orderflow postgres', () => {
  it('prints a URL that works for each database', async () => {
    const data = join(home, 'state', 'postgres');
    const lines = await start(/\/shop$/, 'postgres', '--data', data, '--database', 'with ü', '--database', 'shop');
    const urls = lines.filter((line) => line.startsWith('postgres://'));
    const names = await Promise.all(
      urls.map(async (connectionString) => {
        const client = new pg.Client({ connectionString });
        await client.connect();
        const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
        await client.end();
        return rows[0]?.name;
      }),
    );
    expect(names).toEqual(['with ü', 'shop']);
    expect(openToOthers(data)).toEqual([]);
    expect(await stop()).toBe(0);
  });
});

describe('orderflow broker', () => {
  it('keeps messages to their owner, also in a directory that others could read', async () => {
    const flags = ['broker', '--data', join(home, 'data'), '--port', '0', '--management-port', '0'];
    await start(/listens/, ...flags);
    expect(openToOthers(join(home, 'data'))).toEqual([]);
    expect(await stop()).toBe(0);
    for (const name of ['', ...readdirSync(join(home, 'data'))]) chmodSync(join(home, 'data', name), 0o755);
    await start(/listens/, ...flags);
    expect(openToOthers(join(home, 'data'))).toEqual([]);
    expect(await stop()).toBe(0);
  });
});
