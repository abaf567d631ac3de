import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type LocalPostgres, startPostgres } from '@orderflow/local-postgres';
import pg from 'pg';
import { onCpuMicros } from './cpu.js';
import { answers, Processes, run } from './processes.js';

const APPS = ['order-api', 'order-worker', 'billing-worker', 'analytics-worker'] as const;
export type App = (typeof APPS)[number];
const TEXTBOOK = fileURLToPath(new URL('./textbook-stack.mjs', import.meta.url));
const ROLES = {
  'order-api': 'api',
  'order-worker': 'order',
  'billing-worker': 'billing',
  'analytics-worker': 'analytics',
};
const databaseOf = (app: App): string => app.replaceAll('-', '_');

/** What is measured: the apps of a checkout, or the textbook stack on its broker, gateway and schema. */
export interface StackOptions {
  readonly name: string;
  /** The checkout. */
  readonly root: string;
  readonly textbook: boolean;
}

/** A whole system that runs, with a PostgreSQL server and a broker of its own. */
export class Stack {
  readonly name: string;
  readonly url: string;
  readonly #home: string;
  readonly #server: LocalPostgres;
  readonly #processes: Processes;
  readonly #pools: Readonly<Record<App, pg.Pool>>;
  readonly #postmaster: number;

  private constructor(
    options: StackOptions,
    parts: {
      home: string;
      url: string;
      server: LocalPostgres;
      processes: Processes;
      pools: Record<App, pg.Pool>;
      postmaster: number;
    },
  ) {
    this.name = options.name;
    this.url = parts.url;
    this.#home = parts.home;
    this.#server = parts.server;
    this.#processes = parts.processes;
    this.#pools = parts.pools;
    this.#postmaster = parts.postmaster;
  }

  /** Starts everything, with fsync and synchronous commit on. */
  static async start(options: StackOptions): Promise<Stack> {
    const { root } = options;
    const home = await mkdtemp(join(tmpdir(), 'orderflow-bench-'));
    const server = await startPostgres({ databases: APPS.map(databaseOf), durable: true });
    const processes = new Processes(join(home, 'logs'));
    const bundles = await bundlesOf(root);
    const common = { ORDERFLOW_ROOT: root, ORDERFLOW_STATE: home };
    const broker = processes.start(
      'broker',
      [join(bundles, 'cli.mjs'), 'broker', '--port', '0', '--management-port', '0', '--log', 'warn'],
      common,
    );
    const { connectionString } = (await processes.firstWord(broker)) as { connectionString: string };
    const gateway = `http://127.0.0.1:${await freePort()}`;
    processes.start('payment-gateway', [join(bundles, 'payment-gateway.mjs')], {
      ...common,
      PORT: new URL(gateway).port,
      DATA_FILE: join(home, 'charges.jsonl'),
    });
    await answers(`${gateway}/health`);
    const urls: string[] = [];
    const pools = {} as Record<App, pg.Pool>;
    for (const app of APPS) {
      const DATABASE_URL = server.url(databaseOf(app));
      await run([join(bundles, 'cli.mjs'), 'migrate', app], { ...common, DATABASE_URL });
      pools[app] = new pg.Pool({ connectionString: DATABASE_URL, max: 1 });
      // Cut when the server stops.
      pools[app].on('error', () => undefined);
      const url = `http://127.0.0.1:${await freePort()}`;
      urls.push(url);
      const environment = {
        ...common,
        DATABASE_URL,
        PORT: new URL(url).port,
        ...(options.textbook
          ? { SB: connectionString, GW: gateway }
          : { SERVICEBUS_CONNECTION_STRING: connectionString, PAYMENT_GATEWAY_URL: gateway }),
      };
      const args = options.textbook ? [TEXTBOOK, ROLES[app]] : [join(bundles, `${app}.mjs`)];
      processes.start(app, args, environment);
      if (!options.textbook) await answers(`${url}/health/ready`);
    }
    const [url = ''] = urls;
    await answers(`${url}/orders?customerId=nobody&status=paid`);
    const { rows } = await pools['order-api'].query("SELECT setting FROM pg_settings WHERE name = 'data_directory'");
    const postmaster = await pidOf((rows[0] as { setting: string }).setting);
    return new Stack(options, { home, url, server, processes, pools, postmaster });
  }

  async one(app: App, text: string, values: unknown[] = []): Promise<number> {
    const { rows } = await this.#pools[app].query(text, values);
    return Number(Object.values(rows[0] as Record<string, unknown>)[0]);
  }

  async ids(app: App, text: string, values: unknown[]): Promise<readonly string[]> {
    const { rows } = await this.#pools[app].query<{ id: string }>(text, values);
    return rows.map(({ id }) => id);
  }

  /** On-CPU time of every process of it so far, µs; PostgreSQL's are one. */
  async cpuMicros(): Promise<ReadonlyMap<string, number>> {
    const processes = [...this.#processes.pids, ['postgres', this.#postmaster] as const];
    const times = await onCpuMicros(processes.map(([, pid]) => pid));
    return new Map(processes.map(([name], index) => [name, times[index] ?? 0]));
  }

  async stop(): Promise<void> {
    await this.#processes.stop();
    for (const pool of Object.values(this.#pools)) await pool.end();
    await this.#server.stop();
    if (process.env['KEEP_LOGS'] === undefined) await rm(this.#home, { recursive: true });
  }
}

async function pidOf(dataDirectory: string): Promise<number> {
  const [pid] = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

async function bundlesOf(root: string): Promise<string> {
  const url = pathToFileURL(join(root, 'apps', 'cli', 'bin', 'bundles.mjs')).href;
  const { findBundles } = (await import(url)) as { findBundles(root: string): string };
  return findBundles(root);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
