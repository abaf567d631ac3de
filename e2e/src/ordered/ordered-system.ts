import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messagingSchema } from '@orderflow/messaging/postgres';
import pg from 'pg';
import { freePort } from '../free-port.js';
import { System } from '../system.js';
import { until } from '../until.js';
import { seenTable } from './checked-events.js';
import { letHandlersFail } from './failing-inboxes.js';
import { writeOrderedTopology } from './ordered-topology.js';
import { Replica } from './replica.js';

export const apps = ['order-api', 'order-worker', 'billing-worker', 'analytics-worker'] as const;
type App = (typeof apps)[number];

const CHECKER = fileURLToPath(new URL('./checker.ts', import.meta.url));
const FROM_SOURCE = [
  '--conditions=@orderflow/source',
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  `--import=${new URL('../../../tools/typescript.mjs', import.meta.url).href}`,
];

/** Each failure counts, and comes back soon: a session waits with its message. */
const impatient = { IMMEDIATE_ATTEMPTS: '1', RETRY_DELAYS: '200ms,400ms,800ms,2s,4s,8s,8s' };

/**
 * The system over queues with sessions, with two replicas of each service and two of a checker, whose queue with sessions
 * is fed from the topic. The handlers of all of them fail now and then.
 */
export class OrderedSystem {
  readonly system: System;
  /** Of every queue. */
  readonly queues: readonly string[];
  /** Of the checker. */
  readonly databaseUrl: string;
  readonly #folder: string;
  readonly #second: ReadonlyMap<App, { readonly replica: Replica; readonly url: string }>;
  readonly #checkers: readonly Replica[];

  private constructor(parts: {
    readonly system: System;
    readonly queues: readonly string[];
    readonly databaseUrl: string;
    readonly folder: string;
    readonly second: ReadonlyMap<App, { readonly replica: Replica; readonly url: string }>;
    readonly checkers: readonly Replica[];
  }) {
    this.system = parts.system;
    this.queues = parts.queues;
    this.databaseUrl = parts.databaseUrl;
    this.#folder = parts.folder;
    this.#second = parts.second;
    this.#checkers = parts.checkers;
  }

  static async start(): Promise<OrderedSystem> {
    const folder = await mkdtemp(join(tmpdir(), 'orderflow-ordered-'));
    const topology = join(folder, 'Config.json');
    const queues = await writeOrderedTopology(topology);
    const environment = { ORDERED: 'true', BROKER_TOPOLOGY: topology, ...impatient };
    const system = await System.start(environment);
    const databaseUrl = await createCheckerDatabase(system.databaseUrl('order-api'));
    await Promise.all([databaseUrl, ...apps.map((app) => system.databaseUrl(app))].map(letHandlersFail));
    const second = new Map<App, { readonly replica: Replica; readonly url: string }>();
    for (const app of apps) second.set(app, await startSecond(system, app, environment));
    const checkers = await Promise.all([1, 2].map(() => startChecker(databaseUrl, system.connectionString)));
    return new OrderedSystem({ system, queues, databaseUrl, folder, second, checkers });
  }

  /** Both replicas of order-api. */
  get apiUrls(): readonly string[] {
    return [this.system.url('order-api'), this.#second.get('order-api')?.url ?? ''];
  }

  /** Kills of one replica each, which comes again, in a turn that leaves the other one of its kind alone. */
  get kills(): readonly (() => Promise<void>)[] {
    const first = (app: App) => () => this.#killFirst(app);
    const second = (app: App) => async () => this.#second.get(app)?.replica.killAndReplace();
    const checker = (index: number) => async () => this.#checkers[index]?.killAndReplace();
    return [
      first('order-worker'),
      second('billing-worker'),
      checker(0),
      first('order-api'),
      second('analytics-worker'),
      second('order-worker'),
      first('billing-worker'),
      checker(1),
      second('order-api'),
      first('analytics-worker'),
    ];
  }

  /** Resolves when the supervisor's replicas are back from their last ends. */
  async ready(): Promise<void> {
    for (const app of apps) await until(`${app} is ready`, () => isReady(this.system.url(app)), Boolean);
  }

  async remove(): Promise<void> {
    await Promise.all(
      [...this.#checkers, ...[...this.#second.values()].map(({ replica }) => replica)].map((r) => r.kill()),
    );
    await this.system.remove();
    await rm(this.#folder, { recursive: true });
  }

  /** The supervisor starts it again. */
  async #killFirst(app: App): Promise<void> {
    const ready = () => isReady(this.system.url(app));
    await until(`${app} is back from its last end`, ready, Boolean);
    this.system.kill(app);
  }
}

async function createCheckerDatabase(neighbour: string): Promise<string> {
  const url = new URL(neighbour);
  await query(url.href, 'CREATE DATABASE checker');
  url.pathname = '/checker';
  await query(url.href, [...messagingSchema.map(({ sql }) => sql), seenTable].join(';\n'));
  return url.href;
}

async function query(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

async function startSecond(
  system: System,
  app: App,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly replica: Replica; readonly url: string }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const replica = await Replica.start({
    args: ['--enable-source-maps', system.bundleOf(app)],
    env: {
      ...withoutOptions(),
      ...environment,
      DATABASE_URL: system.databaseUrl(app),
      SERVICEBUS_CONNECTION_STRING: system.connectionString,
      PAYMENT_GATEWAY_URL: system.url('payment-gateway'),
      PORT: String(port),
      LOG_LEVEL: 'error',
    },
    ready: () => until(`the second ${app} is ready`, () => isReady(url), Boolean).then(() => undefined),
  });
  return { replica, url };
}

function startChecker(databaseUrl: string, connectionString: string): Promise<Replica> {
  return Replica.start({
    args: [...FROM_SOURCE, CHECKER, databaseUrl, connectionString],
    env: withoutOptions(),
    ready: async ({ stdout }: ChildProcess) => void (await once(stdout as NonNullable<typeof stdout>, 'data')),
  });
}

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/health/ready`)).ok;
}

function withoutOptions(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  return environment;
}
