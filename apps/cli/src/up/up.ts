import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stopLeftBehind } from '@orderflow/local-postgres';
import { transportOf } from '@orderflow/service-kit/broker-address';
import { CommandError, UsageError } from '../command-error.js';
import { describeReadable, keepNewFilesPrivate, makePrivateDirectory } from '../private-files.js';
import { removeRuntime, writeRuntime } from '../runtime-file.js';
import { makeStatePrivate } from '../state-files.js';
import { endLeftBehind } from '../supervisor/left-behind.js';
import { startInOrder, stopInOrder } from '../supervisor/ordered-steps.js';
import type { Workspace } from '../workspace.js';
import { describeEvent } from './describe-event.js';
import { rabbitMqProgram } from '../rabbitmq/installation.js';
import { stopRabbitMqLeftBehind } from '../rabbitmq/run-rabbitmq.js';
import { ownBrokerOf, portsOf } from './own-broker.js';
import { Ports } from './ports.js';
import { describeRuntime, readyReport, runningAlready } from './report.js';
import { apps, databasePort } from '../services.js';
import { takeStateLock } from './state-lock.js';
import { onStopSignals } from './stop-signals.js';
import { System, type SystemOptions } from './system.js';

export interface UpOptions {
  readonly workspace: Workspace;
  readonly environment: NodeJS.ProcessEnv;
  /** Begins anew: removes databases, the broker's journal and logs. */
  readonly fresh: boolean;
  /** Whether the broker speaks TLS too. */
  readonly tls: boolean;
  readonly print: (line: string) => void;
}

const maxLogBytes = 10_000_000;
const perishable = ['postgres', 'broker', 'rabbitmq', 'gateway', 'logs'];
/** As long as the supervisor gives the slowest of its processes, and a little more. */
const leftBehindGraceMs = 35_000;

/**
 * Runs the whole system until a signal, and answers the exit code. Everything that was started is stopped again, also
 * when the start fails.
 */
export async function up({ workspace, environment, fresh, tls, print }: UpOptions): Promise<number> {
  // Seconds since this process began, a build included.
  const say = (line: string): void => print(`[${(performance.now() / 1000).toFixed(1).padStart(5)} s] ${line}`);
  if (!existsSync(join(workspace.bundles, 'order-api.mjs'))) {
    throw new CommandError('The apps are not here: run it in a checkout, with npm start.');
  }
  keepNewFilesPrivate();
  makePrivateDirectory(workspace.state);
  const lock = takeStateLock(join(workspace.state, 'supervisor.lock'), (holder) => runningAlready(holder, workspace));
  try {
    removeRuntime(workspace.runtimeFile);
    await endLeftBehind(workspace.pidFiles, { graceMs: leftBehindGraceMs, say });
    if (fresh) await removeState(workspace);
    const readable = describeReadable(makeStatePrivate(workspace.state));
    if (readable !== undefined) say(readable);
    return await prepareAndRun({ workspace, environment, tls }, { say, print });
  } finally {
    removeRuntime(workspace.runtimeFile);
    lock.release();
  }
}

/** A server that a killed system left behind would go on without its files, so it is stopped first. */
async function removeState({ state }: Workspace): Promise<void> {
  await stopLeftBehind(join(state, 'postgres'));
  await stopRabbitMqLeftBehind(join(state, 'rabbitmq'));
  for (const name of perishable) rmSync(join(state, name), { recursive: true, force: true });
}

type Wish = Pick<SystemOptions, 'workspace' | 'environment' | 'tls'>;

async function prepareAndRun(wish: Wish, voice: Voice): Promise<number> {
  const { workspace, environment } = wish;
  const host = environment['HOST'] || '127.0.0.1';
  const wishes = [...apps, databasePort, ...portsOf(ownBrokerOf(environment))];
  const ports = await Ports.choose(wishes, withApiPort(environment), host, voice.say);
  try {
    return await run(prepare({ ...wish, host, ports }, voice), workspace, voice);
  } finally {
    ports.release();
  }
}

type Place = Wish & Pick<SystemOptions, 'host' | 'ports'>;

function prepare(place: Place, { say }: Voice): System {
  const { workspace, environment } = place;
  const own = ownBrokerOf(environment);
  if (place.tls && transportOf(environment) === 'rabbitmq') {
    throw new UsageError('--tls is for the embedded broker: RabbitMQ has TLS by its own configuration.');
  }
  if (own === 'rabbitmq') rabbitMqProgram();
  if (own === undefined) {
    const kind = transportOf(environment) === 'rabbitmq' ? 'RabbitMQ' : 'Service Bus namespace';
    say(`Using the ${kind} that the environment names, not a broker of its own.`);
  }
  mkdirSync(workspace.logs, { recursive: true });
  const system = new System({
    ...place,
    report: (event) => say(describeEvent(event)),
    note: say,
    onMigrated: (app, names) => {
      if (names.length > 0) say(`database of ${app} migrated (${names.length})`);
    },
  });
  for (const { name } of system.steps) setAsideLongLog(system.logFile(name));
  return system;
}

/** `PORT` alone means the API's. */
function withApiPort(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, ORDER_API_PORT: environment['ORDER_API_PORT'] || environment['PORT'] };
}

function setAsideLongLog(path: string): void {
  if (existsSync(path) && statSync(path).size > maxLogBytes) renameSync(path, `${path}.1`);
}

interface Voice {
  readonly say: (line: string) => void;
  readonly print: (line: string) => void;
}

async function run(system: System, workspace: Workspace, { say, print }: Voice): Promise<number> {
  const asked = new AbortController();
  const exited = Promise.withResolvers<number>();
  const stopListening = onStopSignals(
    () => {
      say('Stopping: what is in flight is finished first (Ctrl-C again ends at once).');
      asked.abort();
    },
    () => {
      say('Ending at once.');
      system.kill();
      exited.resolve(130);
    },
  );
  const orderly = async (): Promise<number> => {
    const failure = await startUnlessAsked(system, asked.signal);
    if (failure === undefined && !asked.signal.aborted) {
      writeRuntime(workspace.runtimeFile, describeRuntime(system, workspace));
      print(readyReport(system, workspace, performance.now()));
      await new Promise((resolve) => asked.signal.addEventListener('abort', resolve, { once: true }));
    }
    const clean = await stopInOrder(system.steps);
    if (failure !== undefined) throw failure;
    return clean ? 0 : 1;
  };
  try {
    return await Promise.race([orderly(), exited.promise]);
  } finally {
    stopListening();
  }
}

/** Undefined when everything is ready, or somebody asked to stop meanwhile; else why it is not. */
async function startUnlessAsked(system: System, asked: AbortSignal): Promise<CommandError | undefined> {
  // A process that is getting ready is stopped at once, and its start ends with that.
  const stopEarly = (): void => void stopInOrder(system.steps);
  asked.addEventListener('abort', stopEarly, { once: true });
  try {
    await startInOrder(system.steps, asked);
    return undefined;
  } catch (error) {
    return asked.aborted ? undefined : new CommandError((error as Error).message, { cause: error });
  } finally {
    asked.removeEventListener('abort', stopEarly);
  }
}
