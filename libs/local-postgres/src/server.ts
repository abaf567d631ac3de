import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { readIfPresent, readPostmaster } from './postmaster.js';

/** A server process that this process started. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  /** Rejects when the server ends without having been stopped; resolves after `stop()`. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

interface ServerOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly durable: boolean;
  /** How long the server may take until it answers, recovery after a crash included, in milliseconds. */
  readonly startTimeoutMs: number;
}

const POLL_MS = 20;
/** How long a fast shutdown may take, in seconds, before the server is stopped without its final checkpoint. */
const STOP_TIMEOUT_S = 10;

const logFileOf = (dataDir: string): string => join(dataDir, 'server.log');

/** Starts the server and resolves once it accepts connections. Its output goes to `server.log` in the data directory. */
export async function startServer(binaries: Binaries, account: Account, options: ServerOptions): Promise<Server> {
  const { dataDir, port } = options;
  const log = openSync(logFileOf(dataDir), 'a', 0o600);
  account.own(dataDir);
  const child = account.start(binaries.postgres, serverArguments(options), {
    stdio: ['ignore', log, log],
    // A group of its own: Ctrl-C in the terminal is for the supervisor, which stops the database last.
    detached: true,
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const interrupt = (): void => void child.kill('SIGINT');
  process.once('exit', interrupt);
  try {
    await ready(dataDir, () => child.exitCode ?? child.signalCode, child.pid, options.startTimeoutMs);
  } catch (error) {
    child.kill('SIGKILL');
    process.off('exit', interrupt);
    throw error;
  }
  let stopping = false;
  const ended = exited.then(async () => {
    if (!stopping) throw await failure(dataDir, `ended with ${child.exitCode ?? child.signalCode}`);
  });
  // Whoever does not watch it need not handle it.
  ended.catch(() => undefined);
  return {
    port,
    pid: child.pid as number,
    ended,
    stop: async () => {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) await stopServer(binaries, account, dataDir);
      await exited;
      process.off('exit', interrupt);
    },
  };
}

/** Stops whatever server runs on the data directory, its clients disconnected. */
export async function stopServer(binaries: Binaries, account: Account, dataDir: string): Promise<void> {
  const stop = (mode: string) =>
    account.run(binaries.pgCtl, ['stop', '-D', dataDir, '-m', mode, '-w', '-t', String(STOP_TIMEOUT_S)]);
  try {
    await stop('fast');
  } catch (error) {
    // It may have ended in between; otherwise its journal makes an immediate end safe.
    if ((await readPostmaster(dataDir)) === undefined) return;
    await stop('immediate').catch((second: unknown) => {
      throw new AggregateError([error, second], `The PostgreSQL server in ${dataDir} does not stop.`);
    });
  }
}

function serverArguments({ dataDir, port, durable }: ServerOptions): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Four replicas of each worker, each with a pool of 20, and the tests' databases.
    max_connections: '400',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

type ExitStatus = () => number | string | null;

async function ready(dataDir: string, exit: ExitStatus, pid: number | undefined, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const postmaster = await readPostmaster(dataDir);
    if (postmaster?.ready === true && postmaster.pid === pid) return;
    const status = exit();
    if (status !== null) throw await failure(dataDir, `ended with ${status}`);
    if (performance.now() > deadline) throw await failure(dataDir, `was not ready after ${timeoutMs} ms`);
    await pause(POLL_MS);
  }
}

async function failure(dataDir: string, what: string): Promise<Error> {
  const log = (await readIfPresent(logFileOf(dataDir))) ?? '';
  const tail = log.trim().split('\n').slice(-5).join('\n');
  return new Error(`PostgreSQL ${what}. The end of ${logFileOf(dataDir)}:\n${tail}`);
}

/** The port itself when it is free on the loopback, for 0 a free one that the system chose; else undefined. */
export async function freePort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  } catch (error) {
    if (['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  } finally {
    await new Promise((done) => server.close(done));
  }
}
