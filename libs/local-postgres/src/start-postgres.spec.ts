import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { withConnection } from './administration.js';
import { findRunning } from './postmaster.js';
import { startPostgres, stopLeftBehind, type LocalPostgres } from './start-postgres.js';

const running: LocalPostgres[] = [];
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'local-postgres-'));
});

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  // The processes of a server that was killed end a moment after it.
  await rm(home, { recursive: true, force: true, maxRetries: 10 });
});

async function start(options: Parameters<typeof startPostgres>[0] = {}): Promise<LocalPostgres> {
  const server = await startPostgres({ dataDir: join(home, 'data'), durable: false, ...options });
  running.push(server);
  return server;
}

const answer = (url: string, sql: string): Promise<unknown> =>
  withConnection(url, async (client) => Object.values((await client.query(sql)).rows[0] ?? {})[0]);

describe('startPostgres', () => {
  it('creates the databases asked for and keeps what they hold over a restart', async () => {
    const first = await start({ databases: ['orders', 'billing'] });
    await answer(first.url('orders'), 'CREATE TABLE t AS SELECT 42 AS kept');
    await first.stop();

    const second = await start({ databases: ['orders', 'billing'] });
    expect(await answer(second.url('orders'), 'SELECT kept FROM t')).toBe(42);
    expect(await answer(second.url('billing'), 'SELECT current_database()')).toBe('billing');
  });

  it('syncs to disk by default, listens on the loopback only, and makes no socket file', async () => {
    const server = await start({ durable: true });
    const url = server.url('postgres');
    expect(await answer(url, 'SHOW fsync')).toBe('on');
    expect(await answer(url, 'SHOW listen_addresses')).toBe('127.0.0.1');
    expect(await answer(url, 'SHOW unix_socket_directories')).toBe('');
  });

  it('refuses a connection without the password', async () => {
    const server = await start();
    const url = new URL(server.url('postgres'));
    url.password = 'guess';
    await expect(answer(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('refuses a port that is taken, and takes it once it is free', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    await expect(start({ port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is taken: give another one, or 0`);
    taken.close();
    await once(taken, 'close');
    const server = await start({ port });
    expect(server.port).toBe(port);
    expect(await answer(server.url('postgres'), 'SELECT 1')).toBe(1);
  });

  it('gives URLs that work whatever the user, the password and the database are called', async () => {
    // The driver of these tests leaves an encoded / ? # in the name of a database as it is; psql does not.
    const database = 'a b%20ü"';
    const first = await start({ user: 'ann@home: 50%', databases: [database] });
    expect(await answer(first.url(database), 'SELECT current_database()')).toBe(database);
    const password = `p@ss/w:o#r%20d?'`;
    await answer(first.url('postgres'), `ALTER USER "ann@home: 50%" PASSWORD ${pg.escapeLiteral(password)}`);
    await first.stop();
    await writeFile(join(home, 'data', 'password'), password);
    const second = await start({ user: 'ann@home: 50%', databases: [database] });
    expect(await answer(second.url(database), 'SELECT current_user')).toBe('ann@home: 50%');
  });

  it('writes nothing that others can read', async () => {
    const umask = process.umask(0);
    try {
      await start();
    } finally {
      process.umask(umask);
    }
    const entries = await readdir(home, { recursive: true });
    const stats = await Promise.all(entries.map(async (name) => ({ name, mode: (await stat(join(home, name))).mode })));
    expect(stats.length).toBeGreaterThan(900);
    expect(stats.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
  });

  it('refuses a data directory that a living process uses', async () => {
    await start();
    await expect(start()).rejects.toThrow(`for process ${process.pid}: stop that one first`);
  });

  it('stops the server of a killed process, and loses nothing it had committed', async () => {
    const dataDir = join(home, 'data');
    const parent = await startInChild(dataDir);
    await answer(parent.url, 'CREATE TABLE t AS SELECT 42 AS kept');
    await parent.kill();
    expect(await findRunning(dataDir)).toBeDefined();

    const lines: string[] = [];
    const server = await start({ log: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringContaining('that an ended process left behind')]);
    expect(await answer(server.url('postgres'), 'SELECT kept FROM t')).toBe(42);
  });

  it('stops what a killed process left behind without starting anything, and does nothing when nothing runs', async () => {
    const dataDir = join(home, 'data');
    const parent = await startInChild(dataDir);
    await expect(stopLeftBehind(dataDir)).rejects.toThrow('stop that one first');
    await parent.kill();
    await stopLeftBehind(dataDir);
    expect(await findRunning(dataDir)).toBeUndefined();
    await stopLeftBehind(dataDir);
  });

  it('reports when the server ends by itself, and not when it is stopped', async () => {
    const stopped = await start();
    await stopped.stop();
    await stopped.ended;

    const killed = await start();
    const postmaster = await findRunning(join(home, 'data'));
    process.kill(postmaster?.pid ?? 0, 'SIGKILL');
    await expect(killed.ended).rejects.toThrow('PostgreSQL ended with SIGKILL. The end of');
  });

  it('starts over a pid file that a crash left behind', async () => {
    const server = await start();
    await server.stop();
    await writeFile(join(home, 'data', 'postmaster.pid'), `${process.pid}\n${home}\n0\n1\n\n127.0.0.1\n\nready\n`);
    // This process is none of PostgreSQL's, whatever its arguments are.
    expect(await findRunning(join(home, 'data'))).toBeUndefined();
    const again = await start();
    expect(await answer(again.url('postgres'), 'SELECT 1')).toBe(1);
  });

  it('says which version wrote a data directory that it cannot open', async () => {
    await mkdir(join(home, 'data'));
    await writeFile(join(home, 'data', 'PG_VERSION'), '9\n');
    await expect(start()).rejects.toThrow(/written by PostgreSQL 9 and cannot be opened by \d+/);
  });

  it('leaves a directory alone that holds something else', async () => {
    await mkdir(join(home, 'data'));
    await writeFile(join(home, 'data', 'thesis.txt'), 'do not lose me');
    await expect(start()).rejects.toThrow('exists and is not a PostgreSQL data directory');
  });

  it('clones a database and drops one that is in use', async () => {
    const server = await start({ databases: ['original'] });
    await answer(server.url('original'), 'CREATE TABLE t AS SELECT 42 AS kept');
    await server.createDatabase('copy', { template: 'original' });
    expect(await answer(server.url('copy'), 'SELECT kept FROM t')).toBe(42);
    await server.dropDatabase('copy');
    await expect(answer(server.url('copy'), 'SELECT 1')).rejects.toThrow('does not exist');
  });
});

/** A Node process that starts a server on `dataDir` and then lives until it is killed. */
async function startInChild(dataDir: string): Promise<{ url: string; kill(): Promise<void> }> {
  const loader = new URL('../../../tools/typescript.mjs', import.meta.url).href;
  const module = new URL('./start-postgres.ts', import.meta.url).href;
  const script = `
    await import(${JSON.stringify(loader)});
    const { startPostgres } = await import(${JSON.stringify(module)});
    const server = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: true });
    process.stdout.write(server.url('postgres'));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const exited = once(child, 'exit');
  const printed = once(child.stdout, 'data').then(([data]) => String(data));
  const url = await Promise.race([printed, exited.then(() => Promise.reject(new Error('The child ended early.')))]);
  return {
    url,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
