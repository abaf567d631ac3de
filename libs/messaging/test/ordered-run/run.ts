import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import { createEnvelopeWriter } from '../../src/envelope-writer.js';
import { createPostgresMessaging } from '../../src/postgres/index.js';
import { createAzureServiceBusTransport } from '../../src/transports/azure-service-bus/index.js';
import { createMessagingDatabase } from '../messaging-database.js';
import { queues, seenTable, stepTaken } from './steps.js';

const FROM_SOURCE = [
  '--conditions=@orderflow/source',
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  `--import=${new URL('../../../../tools/typescript.mjs', import.meta.url).href}`,
];
const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const stepsOfAnOrder = 10;
const replicas = 2;

export interface OrderedRunOptions {
  readonly orders: number;
  /** How often a replica is killed and started again. */
  readonly kills: number;
}

/** How a run ended, over both queues. */
export interface OrderedRunReport {
  readonly handled: number;
  readonly expected: number;
  readonly outOfOrder: number;
  readonly lost: number;
  readonly twice: number;
  readonly deadLetters: number;
  readonly kills: number;
  /** Handled after an attempt that failed or was killed. */
  readonly afterAnother: number;
  readonly seconds: number;
}

/**
 * Sends ten numbered steps of each order through an outbox and two queues with sessions, whose handlers check the order,
 * fail now and then, and run in two processes that are killed in turn.
 */
export async function orderedRun({ orders, kills }: OrderedRunOptions): Promise<OrderedRunReport> {
  const startedAt = performance.now();
  const database = await createMessagingDatabase();
  const Properties = {
    RequiresSession: true,
    LockDuration: 'PT5S',
    MaxDeliveryCount: 20,
    RequiresDuplicateDetection: true,
    DuplicateDetectionHistoryTimeWindow: 'PT1H',
  };
  const Queues = queues.map((Name) => ({ Name, Properties }));
  const config = { UserConfig: { Namespaces: [{ Name: 'ordered', Queues }] } };
  const broker = await startBroker({ topology: parseTopology(JSON.stringify(config)) });
  await database.pool.query(seenTable);
  const url = await urlOf(database.pool);
  const workers = await Promise.all(Array.from({ length: replicas }, () => startWorker(url, broker.connectionString)));
  const transport = createAzureServiceBusTransport({ connectionString: broker.connectionString });
  const messaging = createPostgresMessaging({ pool: database.pool });
  const relay = messaging.startRelay({ transport });
  const expected = orders * stepsOfAnOrder * queues.length;
  const handled = async (): Promise<number> =>
    Number((await database.pool.query('SELECT count(*) AS handled FROM seen')).rows[0].handled);
  try {
    const sending = sendAll(messaging, orders);
    for (let kill = 1; kill <= kills; kill += 1) {
      // Spread over the run, each when there is work under way.
      await until(async () => (await handled()) >= (expected * kill) / (kills + 2));
      const victim = kill % replicas;
      workers[victim]?.kill('SIGKILL');
      workers[victim] = await startWorker(url, broker.connectionString);
    }
    await sending;
    await until(async () => (await handled()) >= expected);
    const deadLetters = await Promise.all(queues.map((queue) => transport.deadLetters.peek(queue, { limit: 100 })));
    const { rows } = await database.pool.query(
      `SELECT count(*) FILTER (WHERE previous <> number - 1)::int AS "outOfOrder", count(*)::int AS handled,
              count(DISTINCT (queue, order_id, number))::int AS different,
              count(*) FILTER (WHERE attempt > 1)::int AS "afterAnother"
       FROM seen`,
    );
    const { outOfOrder, handled: rowsSeen, different, afterAnother } = rows[0];
    return {
      handled: rowsSeen,
      expected,
      outOfOrder,
      lost: expected - different,
      twice: rowsSeen - different,
      deadLetters: deadLetters.reduce((sum, { letters }) => sum + letters.length, 0),
      kills,
      afterAnother,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    };
  } finally {
    await relay.stop();
    await transport.close();
    await Promise.all(workers.map(endWorker));
    await broker.close();
    await database.drop();
  }
}

async function urlOf(pool: { readonly options: { readonly connectionString?: string | undefined } }): Promise<string> {
  const { connectionString } = pool.options;
  if (connectionString === undefined) throw new Error('The database has no URL.');
  return connectionString;
}

async function startWorker(databaseUrl: string, connectionString: string): Promise<ChildProcess> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const worker = spawn(process.execPath, [...FROM_SOURCE, WORKER, databaseUrl, connectionString], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(worker.stdout, 'data'),
    once(worker, 'exit').then(([code]) => {
      throw new Error(`A worker ended with ${code} before it was ready.`);
    }),
  ]);
  return worker;
}

async function endWorker(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const ended = once(worker, 'exit');
  worker.kill('SIGKILL');
  await ended;
}

/** Step after step of all orders, so that many orders are under way at a time. */
async function sendAll(messaging: ReturnType<typeof createPostgresMessaging>, orders: number): Promise<void> {
  const write = createEnvelopeWriter('/ordered-run');
  for (let number = 1; number <= stepsOfAnOrder; number += 1) {
    for (let from = 0; from < orders; from += 100) {
      const some = Array.from({ length: Math.min(100, orders - from) }, (_, index) => `order-${from + index}`);
      const messages = some.map((orderId) => ({
        to: { queue: queues[0] },
        envelope: write(stepTaken, { orderId, number }, { id: `${orderId}/${number}`, orderingKey: orderId }),
      }));
      await messaging.transaction((tx) => messaging.outbox.add(tx, messages));
    }
  }
}

/** Asks a database of another process: there is nothing to wait for. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 600_000;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error('The run made no progress for ten minutes.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
