import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `orderflow up` writes about the system it runs. */
interface Runtime {
  readonly pid: number;
  readonly databases: Readonly<Record<string, string>>;
  readonly servicebus: { readonly connectionString: string; readonly adminConnectionString: string };
  /** Where it runs on RabbitMQ. */
  readonly rabbitmq?: { readonly url: string };
  readonly urls: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
  readonly logs: string;
}

/** What fails while something is stopped or killed comes back within a test, not after the minutes of the default. */
const shortDelays = '1s,1s,2s,4s,8s,15s,30s';

/** The `orderflow` command. */
export const command = fileURLToPath(new URL('../../apps/cli/bin/orderflow.mjs', import.meta.url));

/** The whole system, started as a person starts it, with a state folder of its own. */
export class System {
  readonly state: string;
  #supervisor: ChildProcess | undefined;
  #output = '';
  #runtime: Runtime | undefined;

  private constructor(state: string) {
    this.state = state;
  }

  /** @param flags of `orderflow up` */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): Promise<System> {
    const system = new System(await mkdtemp(join(tmpdir(), 'orderflow-e2e-')));
    await system.up(environment, flags);
    return system;
  }

  /** Starts it, again where it was stopped before. */
  async up(environment: Readonly<Record<string, string>> = {}, flags: readonly string[] = []): Promise<void> {
    const supervisor = spawn(process.execPath, [command, 'up', ...flags], {
      env: this.#environment(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#supervisor = supervisor;
    this.#output = '';
    await new Promise<void>((resolve, reject) => {
      const keep = (chunk: Buffer): void => {
        this.#output += chunk.toString();
        if (this.#output.includes('OrderFlow is ready')) resolve();
      };
      supervisor.stdout.on('data', keep);
      supervisor.stderr.on('data', keep);
      supervisor.once('exit', () => reject(new Error(`The system did not start:\n${this.#output}`)));
    });
    this.#runtime = JSON.parse(await readFile(join(this.state, 'runtime.json'), 'utf8')) as Runtime;
  }

  /** What the supervisor printed. */
  get output(): string {
    return this.#output;
  }

  get connectionString(): string {
    return this.#running.servicebus.connectionString;
  }

  /** Leads to the port that is there for the administration client. */
  get adminConnectionString(): string {
    return this.#running.servicebus.adminConnectionString;
  }

  /** The RabbitMQ that it runs on, with the password. */
  get rabbitMqUrl(): string {
    const url = this.#running.rabbitmq?.url;
    if (url === undefined) throw new Error('The system does not run on RabbitMQ.');
    return url;
  }

  databaseUrl(app: string): string {
    const url = this.#running.databases[app];
    if (url === undefined) throw new Error(`There is no database of ${app}.`);
    return url;
  }

  url(app: string, path = ''): string {
    return `${this.#running.urls[app]}${path}`;
  }

  /** By process. */
  get ports(): Readonly<Record<string, number>> {
    return this.#running.ports;
  }

  /** The file that the running process of an app was started with. */
  bundleOf(app: string): string {
    const pid = this.pids().get(app);
    if (pid === undefined) throw new Error(`No process of ${app} is running.`);
    const args = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    const file = args.split(/\s+/).find((part) => part.endsWith(`/${app}.mjs`));
    if (file === undefined) throw new Error(`${app} runs without a bundle: ${args}`);
    return file;
  }

  get supervisorPid(): number {
    return this.#running.pid;
  }

  /** Runs another `orderflow` command against this system, and answers what it printed. */
  run(...args: string[]): string {
    return this.runWith({}, ...args);
  }

  /** The same, with some variables set. Throws with what it wrote to standard error where it fails. */
  runWith(environment: Readonly<Record<string, string>>, ...args: string[]): string {
    const env = this.#environment(environment);
    return execFileSync(process.execPath, [command, ...args], { env, encoding: 'utf8', stdio: 'pipe' });
  }

  /** Ends one of its processes without warning. */
  kill(name: string): void {
    const pid = this.pids().get(name);
    if (pid === undefined) throw new Error(`No process of ${name} is running.`);
    process.kill(pid, 'SIGKILL');
  }

  /** The processes that the supervisor runs, by name. */
  pids(): ReadonlyMap<string, number> {
    const children = new Map<string, number>();
    const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
    for (const line of table.split('\n')) {
      const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      const name = /cli\.mjs (broker|postgres|rabbitmq)\b/.exec(args)?.[1] ?? /([a-z-]+)\.mjs\b/.exec(args)?.[1];
      if (Number(parent) === this.#supervisor?.pid && name) children.set(name, Number(pid));
    }
    return children;
  }

  /** Stops it as Ctrl-C does, and answers the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    const supervisor = this.#supervisor;
    if (!supervisor || supervisor.exitCode !== null) return supervisor?.exitCode ?? null;
    supervisor.kill(signal);
    await once(supervisor, 'exit');
    return supervisor.exitCode;
  }

  /** Stops it and removes everything it kept. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.state, { recursive: true, force: true });
  }

  get #running(): Runtime {
    if (!this.#runtime) throw new Error('The system is not running.');
    return this.#runtime;
  }

  #environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    return { RETRY_DELAYS: shortDelays, ...inherited, ...more, ORDERFLOW_STATE: this.state };
  }
}
