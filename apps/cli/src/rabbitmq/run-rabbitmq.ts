import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isSupervised, reportReady, untilAskedToStop } from '../child/supervised.js';
import { CommandError } from '../command-error.js';
import { keepNewFilesPrivate, makePrivateDirectory } from '../private-files.js';
import { isRunning, type ProcessIdentity } from '../process-identity.js';
import { pidFileOf, removePidFile, writePidFile } from '../supervisor/pid-file.js';
import { claimFreePort } from '../ports/free-port.js';
import { rabbitMqProgram } from './installation.js';
import { serverEnvironment, type ServerPlace, urlOf, writeServerFiles } from './server-files.js';

export interface RunRabbitMqOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly managementPort: number;
}

/** What is reported to the supervisor when it takes connections. */
export interface RabbitMqFacts {
  /** With the password. */
  readonly url: string;
}

const pidName = 'server';
const leftBehindMs = 30_000;
const pollMs = 100;

/**
 * Runs the RabbitMQ that is installed on this machine, with a data directory and ports of its own, until asked to stop. A
 * process of its own, so that the server ends in order even when the supervisor is killed.
 * @throws CommandError when it is not installed, or ends by itself
 */
export async function runRabbitMq(options: RunRabbitMqOptions): Promise<void> {
  keepNewFilesPrivate();
  const program = rabbitMqProgram();
  makePrivateDirectory(options.dataDir);
  await stopRabbitMqLeftBehind(options.dataDir);
  const claims = [await claimFreePort('127.0.0.1'), await claimFreePort('127.0.0.1')] as const;
  const [{ port: distributionPort }, { port: portMapperPort }] = claims;
  const place: ServerPlace = { ...options, distributionPort, portMapperPort };
  writeServerFiles(place);
  try {
    await untilAskedToStop((asked) => serve(program, place, asked));
  } finally {
    stopPortMapper(place);
    for (const { claim } of claims) claim.release();
  }
}

async function serve(program: string, place: ServerPlace, asked: Promise<void>): Promise<void> {
  const child = spawn(program, [], { env: serverEnvironment(place), stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.once('error', (error) => resolve(error.message));
  });
  const pidFile = pidFileOf(place.dataDir, pidName);
  if (child.pid !== undefined) writePidFile(pidFile, child.pid);
  const over = ended.then((how) => Promise.reject(new CommandError(`RabbitMQ ended by itself (${how}).`)));
  over.catch(() => {});
  try {
    await Promise.race([started(child), over, asked]);
    reportReady({ url: urlOf(place) } satisfies RabbitMqFacts);
    if (!isSupervised()) console.log(`RabbitMQ takes connections: ${urlOf(place)}`);
    await Promise.race([asked, over]);
  } finally {
    child.kill('SIGTERM');
    await ended;
    removePidFile(pidFile);
  }
}

/** Passes on what the server prints, and resolves when it says that it is up. */
async function started(child: ChildProcess): Promise<void> {
  let printed = '';
  const up = Promise.withResolvers<void>();
  child.stdout?.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    printed = (printed + chunk.toString()).slice(-4_000);
    if (/completed with \d+ plugins/.test(printed)) up.resolve();
  });
  await up.promise;
}

/** Ends a server whose keeper was killed: it holds the data and the ports. */
export async function stopRabbitMqLeftBehind(dataDir: string): Promise<void> {
  const file = pidFileOf(dataDir, pidName);
  if (!existsSync(file)) return;
  const server = readIdentity(file);
  if (server.startedAt !== '' && isRunning(server)) {
    process.kill(server.pid, 'SIGTERM');
    const deadline = performance.now() + leftBehindMs;
    while (isRunning(server) && performance.now() < deadline) await pause(pollMs);
    if (isRunning(server)) process.kill(server.pid, 'SIGKILL');
    while (isRunning(server)) await pause(pollMs);
  }
  rmSync(file, { force: true });
}

function readIdentity(file: string): ProcessIdentity {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch (error) {
    // A power cut left the name without the content.
    if (error instanceof SyntaxError) return { pid: 0, startedAt: '' };
    throw error;
  }
}

/** Erlang's list of nodes is a process of its own, which stays otherwise. It goes once no node is in it. */
function stopPortMapper(place: ServerPlace): void {
  spawnSync('epmd', ['-kill'], { env: serverEnvironment(place), stdio: 'ignore' });
}
