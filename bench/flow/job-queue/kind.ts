import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PgBoss } from 'pg-boss';
import { type App, type Kind, ROLES, snake } from '../kinds.js';
import { QUEUES } from './queues.js';

const DATABASE = 'jobs';
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** See `main.ts`: one database, with a schema for the tables of each app, and no broker. */
export const jobQueue: Kind = {
  databases: [DATABASE],
  hasBroker: false,
  tablesOf: (app) => ({ database: DATABASE, schema: snake(app) }),
  async migrate({ root, database }, app) {
    if (app === 'order-api') await makeQueues(database.url(DATABASE));
    const schema = snake(app);
    const tables = await firstMigration(root, app);
    await database.pool(DATABASE).query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${tables}`);
  },
  args: (_, app) => [...process.execArgv, MAIN, ROLES[app]],
  environment: ({ database }, _, { gateway }) => ({ DATABASE_URL: database.url(DATABASE), GATEWAY_URL: gateway }),
};

async function makeQueues(connectionString: string): Promise<void> {
  const boss = new PgBoss({ connectionString, max: 1 });
  await boss.start();
  for (const queue of QUEUES) await boss.createQueue(queue, { notify: true });
  await boss.stop({ graceful: false });
}

/** The tables that the flow needs. */
async function firstMigration(root: string, app: App): Promise<string> {
  const folder = join(root, 'apps', app, 'migrations');
  const [first = ''] = (await readdir(folder)).sort();
  return readFile(join(folder, first), 'utf8');
}
