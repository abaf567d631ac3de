import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { chooseAccount, type Account } from './account.js';
import { createDatabase, createMissingDatabases, dropDatabase, type CreateDatabaseOptions } from './administration.js';
import { findBinaries, type Binaries } from './binaries.js';
import { ensureCluster, readPassword } from './cluster.js';
import { liveOwner, recordOwner } from './ownership.js';
import { findRunning } from './postmaster.js';
import { freePort, startServer, stopServer, type Server } from './server.js';

export interface StartPostgresOptions {
  /** Where the data lives and stays. A temporary directory, removed by `stop()`, when absent. */
  readonly dataDir?: string;
  /** The port on 127.0.0.1. With 0 (the default) a free one is chosen: read it from the result. */
  readonly port?: number;
  /** The superuser, named when the data directory is created; `orderflow` when absent. */
  readonly user?: string;
  /** Created unless they exist. */
  readonly databases?: readonly string[];
  /** Whether commits survive a power cut (fsync). Default: true with a `dataDir`, false without. */
  readonly durable?: boolean;
  /** How long the start may take, recovery included, in milliseconds; 60,000 when absent. */
  readonly startTimeoutMs?: number;
  /** Called with a line for each step that takes time and for what differs from what was asked for. */
  readonly log?: (line: string) => void;
}

/** A PostgreSQL server that this process started and has to stop. */
export interface LocalPostgres {
  readonly port: number;
  readonly dataDir: string;
  /** The connection URL of a database, password included. */
  url(database: string): string;
  /** Rejects when the database exists. A `template` must have no connections while it is copied. */
  createDatabase(name: string, options?: CreateDatabaseOptions): Promise<void>;
  /** Drops a database, its connections ended; nothing happens when there is none. */
  dropDatabase(name: string): Promise<void>;
  /** Rejects when the server ends without having been stopped; resolves after `stop()`. */
  readonly ended: Promise<void>;
  /** Ends all connections and the server. Safe to call twice. */
  stop(): Promise<void>;
}

export const TEMPORARY_PREFIX = 'orderflow-postgres-';
const BIND_ATTEMPTS = 3;

/**
 * Starts PostgreSQL from the npm package with its binaries: nothing has to be installed on the machine, and it works
 * as root too. It listens on 127.0.0.1 only, has no socket file, and asks for a password.
 *
 * A server left behind by a killed process (`kill -9` of a parent does not end PostgreSQL) is recognised by the pid
 * file in its data directory, stopped in order, and started again as asked for here.
 *
 * @throws Error when the binaries are missing, nobody but root may run them, another live process uses the data
 *   directory, its version is another one, the port asked for is taken, or the server does not come up; the message
 *   says what to do.
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<LocalPostgres> {
  const binaries = await findBinaries();
  const account = await chooseAccount(binaries.postgres);
  const temporary = options.dataDir === undefined;
  const home = temporary ? await mkdtemp(join(tmpdir(), TEMPORARY_PREFIX)) : undefined;
  if (home !== undefined) account.own(home);
  const dataDir = home === undefined ? resolve(options.dataDir ?? '') : join(home, 'data');
  const durable = options.durable ?? !temporary;
  const user = options.user ?? 'orderflow';
  try {
    const server = await startOn(binaries, account, { ...options, dataDir, durable, user });
    const password = await readPassword(dataDir);
    const url = (database: string): string =>
      `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${encodeURIComponent(database)}`;
    const maintenance = url('postgres');
    try {
      await createMissingDatabases(maintenance, options.databases ?? []);
    } catch (error) {
      await server.stop();
      throw error;
    }
    let stopped: Promise<void> | undefined;
    return {
      port: server.port,
      dataDir,
      url,
      createDatabase: (name, databaseOptions) => createDatabase(maintenance, name, databaseOptions),
      dropDatabase: (name) => dropDatabase(maintenance, name),
      ended: server.ended,
      stop: () => (stopped ??= server.stop().then(() => removeIfAny(home))),
    };
  } catch (error) {
    await removeIfAny(home);
    throw error;
  }
}

/**
 * Stops the server that an ended process left behind on a data directory, for example before the directory is removed.
 * Does nothing when none runs.
 *
 * @throws Error when another live process uses the data directory.
 */
export async function stopLeftBehind(dataDir: string, log?: (line: string) => void): Promise<void> {
  const binaries = await findBinaries();
  await stopOrphan(binaries, await chooseAccount(binaries.postgres), resolve(dataDir), log);
}

type ResolvedOptions = StartPostgresOptions & {
  readonly dataDir: string;
  readonly durable: boolean;
  readonly user: string;
};

async function startOn(binaries: Binaries, account: Account, options: ResolvedOptions): Promise<Server> {
  const { dataDir, log, port: wanted = 0 } = options;
  account.reach(dirname(dataDir));
  await stopOrphan(binaries, account, dataDir, log);
  await ensureCluster(binaries, account, options);
  await recordOwner(dataDir);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(wanted);
    if (port === undefined) throw portTaken(wanted);
    try {
      return await startServer(binaries, account, {
        ...options,
        port,
        startTimeoutMs: options.startTimeoutMs ?? 60_000,
      });
    } catch (error) {
      // Somebody may have taken the port between our look and the server's.
      if (!String(error).includes('Address already in use')) throw error;
      if (wanted !== 0) throw portTaken(wanted, error);
      if (attempt === BIND_ATTEMPTS) throw error;
    }
  }
}

function portTaken(port: number, cause?: unknown): Error {
  return new Error(`Port ${port} of 127.0.0.1 is taken: give another one, or 0 for any that is free.`, { cause });
}

async function stopOrphan(
  binaries: Binaries,
  account: Account,
  dataDir: string,
  log: (line: string) => void = () => undefined,
): Promise<void> {
  const running = await findRunning(dataDir);
  if (running === undefined) return;
  const owner = await liveOwner(dataDir);
  if (owner !== undefined) {
    throw new Error(
      `PostgreSQL already runs on ${dataDir} (port ${running.port}) for process ${owner}: ` +
        'stop that one first, or give another data directory.',
    );
  }
  log(`Stopping the PostgreSQL server ${running.pid} that an ended process left behind.`);
  account.reach(dirname(dataDir));
  await stopServer(binaries, account, dataDir);
}

async function removeIfAny(home: string | undefined): Promise<void> {
  if (home !== undefined) await rm(home, { recursive: true, force: true });
}
