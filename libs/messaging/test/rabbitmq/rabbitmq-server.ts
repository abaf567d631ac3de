import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastingPort } from '../../src/testing/lasting-port.js';

/** Debian's own scripts, which change the user of the process, are passed by. */
const binaries = '/usr/lib/rabbitmq/bin';
/** How long the broker may take to start, in milliseconds: eight tests may share two cores. */
const startMs = 120_000;

/** Names the process that a broker may not outlive: the one of the run; the one that starts the broker when it is not set. */
export const runVariable = 'MESSAGING_TEST_RUN_PID';

/** Waits for the end of the broker or of the run, and cleans up after a run that did not. */
const keeper = `
while kill -0 "$1" 2>/dev/null; do
  kill -0 -"$2" 2>/dev/null || exit 0
  sleep 1
done
kill -9 -"$2"
epmd -kill
rm -rf "$3"
`;

export const isInstalled = existsSync(join(binaries, 'rabbitmq-server'));

/** Where a broker keeps its data, and on which ports it listens; enough to start it again as it was. */
export interface ServerPlace {
  readonly folder: string;
  readonly port: number;
  readonly managementPort: number;
  readonly distributionPort: number;
  readonly epmdPort: number;
}

/** More of a broker's configuration. */
export interface ServerSettings {
  /** Lines of `rabbitmq.conf`. */
  readonly lines?: readonly string[];
  /** Terms of `advanced.config`, for what has no line. */
  readonly advanced?: string;
}

/** Ports and a folder for a broker of our own. */
export async function newPlace(): Promise<ServerPlace> {
  return {
    folder: mkdtempSync(join(tmpdir(), 'rabbitmq-')),
    port: await lastingPort(),
    managementPort: await lastingPort(),
    distributionPort: await lastingPort(),
    epmdPort: await lastingPort(),
  };
}

/** Debian's RabbitMQ with a data folder, ports, a node name and a cookie of its own; it listens on 127.0.0.1 only. */
export class RabbitMqServer {
  readonly place: ServerPlace;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  private constructor(place: ServerPlace, child: ChildProcess) {
    this.place = place;
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  /**
   * Starts a broker where it was before, with all it had stored, or anew; resolves when it takes connections. `settings` come on
   * top of its own.
   */
  static async start(place: ServerPlace, settings: ServerSettings = {}): Promise<RabbitMqServer> {
    writeConfiguration(place, settings);
    const child = spawn(join(binaries, 'rabbitmq-server'), [], {
      env: environment(place),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const server = new RabbitMqServer(place, child);
    endWithTheRun(place, server.pid);
    try {
      await started(child);
    } catch (error) {
      await server.kill();
      throw error;
    }
    return server;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Runs `rabbitmqctl`. @throws Error with what it printed when it fails */
  control(...args: readonly string[]): void {
    const { status, stdout, stderr } = spawnSync(join(binaries, 'rabbitmqctl'), args, {
      env: environment(this.place),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`rabbitmqctl ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  }

  /** Lets it answer nobody until {@link thaw}, without closing anything. */
  freeze(): void {
    process.kill(-this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(-this.pid, 'SIGCONT');
  }

  /** What `kill -9` and a power cut do to it. */
  async kill(): Promise<void> {
    killGroup(this.pid);
    await this.#exited;
  }

  /** Lets go of the process: it goes on when this one has ended. */
  detach(): void {
    this.#child.unref();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }
}

/** Ends a broker that another process started, and removes what it stored. */
export function removeServer(place: ServerPlace, pid: number | undefined): void {
  if (pid !== undefined) killGroup(pid);
  stopPortMapper(place);
  rmSync(place.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** What the other nodes of a cluster call it. */
export function nodeName({ port }: ServerPlace): string {
  return `orderflow-${port}@localhost`;
}

/** The variables that make Debian's scripts start this node, or talk to it. */
export function environment(place: ServerPlace): NodeJS.ProcessEnv {
  const { folder } = place;
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: folder,
    RABBITMQ_NODENAME: nodeName(place),
    RABBITMQ_NODE_PORT: String(place.port),
    RABBITMQ_DIST_PORT: String(place.distributionPort),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    // The port mapper is a process of its own that would stay.
    ERL_EPMD_PORT: String(place.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // It can be ended before it has noticed that its nodes were.
    ERL_EPMD_RELAXED_COMMAND_CHECK: '1',
    // Two cores are shared with the tests: few schedulers, which do not spin when idle.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none',
  };
}

function writeConfiguration({ folder, port, managementPort }: ServerPlace, settings: ServerSettings): void {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${managementPort}`,
    'log.console = false',
    'log.file.level = warning',
    'disk_free_limit.absolute = 1MB',
    ...(settings.lines ?? []),
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'advanced.config'), `[${settings.advanced ?? ''}].\n`);
  writeFileSync(join(folder, 'plugins'), '[rabbitmq_management].\n');
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => fail(`it did not start within ${startMs} ms`), startMs);
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`RabbitMQ cannot be started: ${why}.\n${output}`));
    };
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (!output.includes('completed with')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`it ended with ${code}`));
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends it and its port mapper, and removes what it stored, should the run end without doing that: even by `kill -9`. */
function endWithTheRun(place: ServerPlace, pid: number): void {
  const [run, group] = [process.env[runVariable] ?? String(process.pid), String(pid)];
  const arguments_ = ['-c', keeper, 'keeper', run, group, place.folder];
  spawn('sh', arguments_, { env: environment(place), stdio: 'ignore', detached: true }).unref();
}

function stopPortMapper(place: ServerPlace): void {
  spawnSync('epmd', ['-kill'], { env: environment(place), stdio: 'ignore' });
}
