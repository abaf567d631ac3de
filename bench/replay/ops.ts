/**
 * A replay of LETTERS (20,000) dead letters by order-api's `/ops`, without a rate, from the embedded broker: how many a second
 * it sends, from the request on, with the index, the marks and the results in PostgreSQL (fsync on). Nobody consumes them.
 * Run: npm run bench:replay-ops [-- --check]: fails when fewer than 1,000 a second are sent, or when one is lost or doubled.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startPostgres } from '@orderflow/local-postgres';
import { cpuBetween, cpuSnapshot } from '../kit/cpu.js';
import { answers, Processes, run } from '../kit/processes.js';

const slowest = 1_000;
const letters = Number(process.env['LETTERS'] ?? 20_000);
const queue = 'billing';
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const home = await mkdtemp(join(tmpdir(), 'orderflow-bench-'));
const server = await startPostgres({ databases: ['order_api'], durable: true });
const broker = fork(new URL('broker-process.ts', import.meta.url), {
  env: { ...process.env, QUEUE: queue, LETTERS: String(letters) },
});
const processes = new Processes(join(home, 'logs'));
try {
  const [connectionString] = (await once(broker, 'message')) as [string];
  const api = await startOrderApi(connectionString);
  const indexedAfter = await indexAll(api);
  console.log(`${letters} dead letters of ${queue} are in the index after ${indexedAfter.toFixed(1)} s`);
  await replayAll(api);
} finally {
  await processes.stop();
  broker.disconnect();
  await once(broker, 'exit');
  await server.stop();
  if (process.env['KEEP_LOGS'] === undefined) await rm(home, { recursive: true });
}

interface OrderApi {
  readonly url: string;
  readonly pid: number;
}

async function startOrderApi(connectionString: string): Promise<OrderApi> {
  const { findBundles } = (await import(pathToFileURL(join(root, 'apps/cli/bin/bundles.mjs')).href)) as {
    findBundles(root: string): string;
  };
  const bundles = findBundles(root);
  const DATABASE_URL = server.url('order_api');
  const common = { ORDERFLOW_ROOT: root, ORDERFLOW_STATE: home, DATABASE_URL };
  await run([join(bundles, 'cli.mjs'), 'migrate', 'order-api'], common);
  const port = await freePort();
  const { pid = 0 } = processes.start('order-api', [join(bundles, 'order-api.mjs')], {
    ...common,
    PORT: String(port),
    SERVICEBUS_CONNECTION_STRING: connectionString,
    OPS: 'true',
    OPS_QUEUES: queue,
    OPS_INDEX_INTERVAL: '1s',
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/health/ready`);
  return { url, pid };
}

interface QueueView {
  readonly counts: { readonly active: number; readonly deadLetters: number } | null;
  readonly deadLetters: { readonly indexed: number };
}

/** Resolves with how long it took, in seconds. */
async function indexAll({ url }: OrderApi): Promise<number> {
  const startedAt = performance.now();
  await until(async () => {
    const { deadLetters } = await get<QueueView>(`${url}/ops/queues/${queue}`);
    return deadLetters.indexed === letters;
  });
  return (performance.now() - startedAt) / 1_000;
}

interface ReplayView {
  readonly id: string;
  readonly state: string;
  readonly stages: readonly {
    readonly waiting: number;
    readonly inFlight: number;
    readonly refused: number;
    readonly missing: number;
  }[];
}

async function replayAll({ url, pid }: OrderApi): Promise<void> {
  const { id: selectionId } = await post<{ id: string }>(`${url}/ops/selections`, { queue });
  // Letters that were made past the broker's ports are no messages that it took in: it counts from there.
  const { counts: before } = await get<QueueView>(`${url}/ops/queues/${queue}`);
  const cpuBefore = await cpuSnapshot([pid]);
  const startedAt = performance.now();
  const { id } = await post<ReplayView>(`${url}/ops/replays`, { selectionId, stages: ['rest'], note: 'a benchmark' });
  let sent: ReplayView['stages'][number] | undefined;
  await until(async () => {
    const { stages, state } = await get<ReplayView>(`${url}/ops/replays/${id}`);
    [sent] = stages;
    if (state === 'stopped' || state === 'cancelled') throw new Error(`The replay is ${state}.`);
    if (sent?.inFlight !== letters) return false;
    const { items } = await get<{ items: readonly object[] }>(`${url}/ops/replays/${id}/items?outcome=sending&limit=1`);
    return items.length === 0;
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const [micros = 0] = cpuBetween(cpuBefore, await cpuSnapshot([pid]));
  if (sent?.refused !== 0 || sent.missing !== 0) throw new Error(`Not all were sent: ${JSON.stringify(sent)}`);
  let counts: QueueView['counts'] = null;
  const waiting = (): number => (counts?.active ?? NaN) - (before?.active ?? NaN);
  const where = (): string => `${waiting()} wait and ${counts?.deadLetters} are dead, not ${letters} and none`;
  await until(async () => {
    ({ counts } = await get<QueueView>(`${url}/ops/queues/${queue}`));
    return waiting() === letters && counts?.deadLetters === 0;
  }, where);
  const rate = Math.round(letters / seconds);
  const cpu = Math.round(micros / letters);
  console.log(`replayed in ${seconds.toFixed(1)} s: ${rate} a second, ${cpu} µs CPU of order-api each`);
  if (rate >= slowest) return;
  console.log(`At least ${slowest} a second are wanted.`);
  if (process.argv.includes('--check')) process.exitCode = 1;
}

async function get<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function until(check: () => Promise<boolean>, where = () => 'not all are there'): Promise<void> {
  const giveUpAt = performance.now() + 300_000;
  while (!(await check())) {
    if (performance.now() > giveUpAt) throw new Error(`It takes too long: ${where()}.`);
    // Each look counts the letters of the replay: few of them.
    await pause(200);
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  await once(listener, 'close');
  return port;
}
