/** The kinds of stacks that do the whole flow, and how their processes are started. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchDatabase } from '../kit/database.js';
import { run } from '../kit/processes.js';

export const APPS = ['order-api', 'order-worker', 'billing-worker', 'analytics-worker'] as const;
export type App = (typeof APPS)[number];
type Environment = Readonly<Record<string, string>>;

/** By which name the other stacks know an app. */
export const ROLES = {
  'order-api': 'api',
  'order-worker': 'order',
  'billing-worker': 'billing',
  'analytics-worker': 'analytics',
} as const satisfies Record<App, string>;

export const snake = (app: App): string => app.replaceAll('-', '_');
const TEXTBOOK = fileURLToPath(new URL('./textbook-stack.mjs', import.meta.url));

/** Where everything of one stack is. */
export interface Site {
  /** The checkout. */
  readonly root: string;
  /** The bundles of its apps. */
  readonly bundles: string;
  readonly database: BenchDatabase;
  /** What every process of it is given. */
  readonly common: Environment;
}

/** The tables of an app. */
export interface Tables {
  readonly database: string;
  /** Its schema, where several apps share a database. */
  readonly schema?: string;
}

export interface Kind {
  readonly databases: readonly string[];
  readonly hasBroker: boolean;
  tablesOf(app: App): Tables;
  /** Makes an app's tables. */
  migrate(site: Site, app: App): Promise<void>;
  /** What Node.js is given to run an app. */
  args(site: Site, app: App): readonly string[];
  /** How an app is told its addresses. */
  environment(site: Site, app: App, addresses: { readonly broker: string; readonly gateway: string }): Environment;
  /** What answers below 500 once an app is ready; undefined where none but order-api is asked. */
  readonly readyPage?: string;
}

const aDatabaseEach = {
  databases: APPS.map(snake),
  hasBroker: true,
  tablesOf: (app: App) => ({ database: snake(app) }),
  migrate: async ({ bundles, common, database }: Site, app: App) => {
    const DATABASE_URL = database.url(snake(app));
    await run([join(bundles, 'cli.mjs'), 'migrate', app], { ...common, DATABASE_URL });
  },
} as const;

/** The apps of a checkout. */
export const ours: Kind = {
  ...aDatabaseEach,
  args: ({ bundles }, app) => [join(bundles, `${app}.mjs`)],
  environment: ({ database }, app, { broker, gateway }) => ({
    DATABASE_URL: database.url(snake(app)),
    SERVICEBUS_CONNECTION_STRING: broker,
    PAYMENT_GATEWAY_URL: gateway,
  }),
  readyPage: '/health/ready',
};

/** See `textbook-stack.mjs`; on the broker, gateway, topology and tables of a checkout. */
export const textbook: Kind = {
  ...aDatabaseEach,
  args: (_, app) => [TEXTBOOK, ROLES[app]],
  environment: ({ database }, app, { broker, gateway }) => ({
    DATABASE_URL: database.url(snake(app)),
    SB: broker,
    GW: gateway,
  }),
};
