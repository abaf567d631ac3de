/** The two that take orders: order-api, and bare Fastify. */
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { bundlesOf } from '../kit/bundles.js';
import { ROOT } from '../kit/checkout.js';
import { type BenchDatabase, startDatabase } from '../kit/database.js';
import { freePort } from '../kit/free-port.js';
import { answers, Processes, run } from '../kit/processes.js';

const DATABASE = 'order_api';

interface BrokerFacts {
  readonly connectionString: string;
  readonly adminConnectionString: string;
}

interface Parts {
  readonly database: BenchDatabase;
  readonly processes: Processes;
  readonly bundles: string;
  readonly common: Readonly<Record<string, string>>;
}

/** Where orders can be placed. */
export interface Site {
  readonly url: string;
  /** Its processes whose CPU counts: whoever takes the orders, PostgreSQL, the broker if it has one. */
  readonly pids: readonly number[];
  /** How many orders it has stored. */
  orders(): Promise<number>;
  /** How many messages about them have come where they are to go for now. */
  messages(): Promise<number>;
  /** Takes the broker away: from now on messages wait, as they do at the other site. */
  takeBrokerAway?(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts something with a database and processes of its own; stops what was started when that fails. */
async function start(logs: string, open: (parts: Parts) => Promise<Omit<Site, 'orders' | 'stop'>>): Promise<Site> {
  const database = await startDatabase([DATABASE]);
  const processes = new Processes(logs);
  const stop = async (): Promise<void> => {
    await processes.stop();
    await database.stop();
  };
  try {
    const bundles = await bundlesOf(ROOT);
    const common = { ORDERFLOW_ROOT: ROOT, ORDERFLOW_STATE: logs, DATABASE_URL: database.url(DATABASE) };
    await run([join(bundles, 'cli.mjs'), 'migrate', 'order-api'], common);
    const orders = (): Promise<number> => database.number(DATABASE, 'SELECT count(*) FROM orders');
    return { ...(await open({ database, processes, bundles, common })), orders, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** order-api as it runs, with a broker that takes its messages; nobody consumes them. */
export const startOurs = (home: string): Promise<Site> =>
  start(join(home, 'ours'), async ({ database, processes, bundles, common }) => {
    const ports = ['--port', '0', '--management-port', '0'];
    const broker = processes.start('broker', [join(bundles, 'cli.mjs'), 'broker', ...ports], common);
    const { connectionString, adminConnectionString } = (await processes.firstWord(broker)) as BrokerFacts;
    const url = `http://127.0.0.1:${await freePort()}`;
    const api = processes.start('order-api', [join(bundles, 'order-api.mjs')], {
      ...common,
      SERVICEBUS_CONNECTION_STRING: connectionString,
      PORT: new URL(url).port,
    });
    await answers(`${url}/health/ready`);
    // Asks by HTTP, and is not connected: nothing is to be closed.
    const { inspection } = createAzureServiceBusTransport({ connectionString: adminConnectionString });
    const waiting = (): Promise<number> => database.number(DATABASE, 'SELECT count(*) FROM outbox');
    let sent: number | undefined;
    return {
      url,
      pids: [api.pid ?? 0, database.pid, broker.pid ?? 0],
      async messages() {
        const left = await waiting();
        if (sent !== undefined) return sent + left;
        return left > 0 ? Number.NaN : (await inspection.counts('orders')).active;
      },
      async takeBrokerAway() {
        const { active } = await inspection.counts('orders');
        const exit = once(broker, 'exit');
        broker.kill();
        await exit;
        sent = active;
      },
    };
  });

/** The baseline: see `bare-server.ts`. */
export const startBare = (home: string): Promise<Site> =>
  start(join(home, 'bare'), async ({ database, processes, common }) => {
    const file = fileURLToPath(new URL('./bare-server.ts', import.meta.url));
    const server = processes.start('bare', [...process.execArgv, file], common);
    const port = Number(await processes.firstWord(server));
    return {
      url: `http://127.0.0.1:${port}`,
      pids: [server.pid ?? 0, database.pid],
      messages: () => database.number(DATABASE, 'SELECT count(*) FROM bare_outbox'),
    };
  });
