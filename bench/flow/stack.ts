import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { bundlesOf } from '../kit/bundles.js';
import { type BenchDatabase, startDatabase } from '../kit/database.js';
import { freePort } from '../kit/free-port.js';
import { answers, Processes } from '../kit/processes.js';
import { type App, APPS, type Kind, type Site } from './kinds.js';

/** What is measured. */
export interface StackOptions {
  readonly name: string;
  /** The checkout. */
  readonly root: string;
  readonly kind: Kind;
}

interface Parts {
  readonly home: string;
  readonly url: string;
  readonly database: BenchDatabase;
  readonly processes: Processes;
  readonly pools: Readonly<Record<App, pg.Pool>>;
}

/** A whole system that runs, with a PostgreSQL server, a broker if it has one, and a payment gateway of its own. */
export class Stack {
  readonly name: string;
  readonly url: string;
  readonly #parts: Parts;

  private constructor(name: string, parts: Parts) {
    this.name = name;
    this.url = parts.url;
    this.#parts = parts;
  }

  /** Starts everything, with fsync and synchronous commit on. */
  static async start(options: StackOptions): Promise<Stack> {
    const home = await mkdtemp(join(tmpdir(), 'orderflow-bench-'));
    const database = await startDatabase(options.kind.databases);
    const processes = new Processes(join(home, 'logs'));
    try {
      return await Stack.#start(options, { home, database, processes });
    } catch (error) {
      await processes.stop();
      await database.stop();
      throw error;
    }
  }

  static async #start(
    { name, root, kind }: StackOptions,
    { home, database, processes }: Pick<Parts, 'home' | 'database' | 'processes'>,
  ): Promise<Stack> {
    const bundles = await bundlesOf(root);
    const site: Site = { root, bundles, database, common: { ORDERFLOW_ROOT: root, ORDERFLOW_STATE: home } };
    const broker = kind.hasBroker ? await startBroker(site, processes) : '';
    const gateway = await startGateway(site, processes, home);
    const pools = {} as Record<App, pg.Pool>;
    const urls: string[] = [];
    for (const app of APPS) {
      await kind.migrate(site, app);
      pools[app] = poolOf(database, kind, app);
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      urls.push(url);
      const addresses = kind.environment(site, app, { broker, gateway });
      processes.start(app, kind.args(site, app), { ...site.common, ...addresses, PORT: String(port) });
      if (kind.readyPage !== undefined) await answers(url + kind.readyPage);
    }
    const [url = ''] = urls;
    await answers(`${url}/orders?customerId=nobody&status=paid`);
    return new Stack(name, { home, url, database, processes, pools });
  }

  async one(app: App, text: string, values: unknown[] = []): Promise<number> {
    const { rows } = await this.#parts.pools[app].query(text, values);
    return Number(Object.values(rows[0] as Record<string, unknown>)[0]);
  }

  async ids(app: App, text: string, values: unknown[]): Promise<readonly string[]> {
    const { rows } = await this.#parts.pools[app].query<{ id: string }>(text, values);
    return rows.map(({ id }) => id);
  }

  /** The ids of its processes by name; PostgreSQL's are one. */
  get processes(): ReadonlyMap<string, number> {
    return new Map([...this.#parts.processes.pids, ['PostgreSQL', this.#parts.database.pid]]);
  }

  async stop(): Promise<void> {
    const { processes, database, home } = this.#parts;
    await processes.stop();
    await database.stop();
    if (process.env['KEEP_LOGS'] === undefined) await rm(home, { recursive: true });
  }
}

async function startBroker({ bundles, common }: Site, processes: Processes): Promise<string> {
  const ports = ['--port', '0', '--management-port', '0'];
  const broker = processes.start('broker', [join(bundles, 'cli.mjs'), 'broker', ...ports], common);
  return ((await processes.firstWord(broker)) as { connectionString: string }).connectionString;
}

async function startGateway({ bundles, common }: Site, processes: Processes, home: string): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  processes.start('payment-gateway', [join(bundles, 'payment-gateway.mjs')], {
    ...common,
    PORT: String(port),
    DATA_FILE: join(home, 'charges.jsonl'),
  });
  await answers(`${url}/health`);
  return url;
}

function poolOf(database: BenchDatabase, kind: Kind, app: App): pg.Pool {
  const { database: name, schema } = kind.tablesOf(app);
  return database.pool(name, schema === undefined ? {} : { options: `-c search_path=${schema}` });
}
