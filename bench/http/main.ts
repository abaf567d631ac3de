/**
 * `POST /orders` of order-api, with an idempotency key and without, against bare Fastify with a transaction by hand, at 4,
 * 8 and 32 connections: `npm run bench:http -- [--rounds 5] [--orders 3000] [--quick] [--check]`. The CPU of ours is that
 * of order-api, PostgreSQL and broker until the last message is at the broker. The baseline sends none, so a second part
 * shows the same without the broker: messages wait at both.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callConcurrently } from '../kit/call-concurrently.js';
import { type Figure, measure, rowsOf } from '../kit/figure.js';
import { readFlags } from '../kit/flags.js';
import { OrderClient } from '../kit/order-client.js';
import { report, type Row } from '../kit/report.js';
import { alternate } from '../kit/rounds.js';
import { median } from '../kit/statistics.js';
import { printTable } from '../kit/table.js';
import { expectCount, until } from '../kit/until.js';
import { type Site, startBare, startOurs } from './sites.js';

const ORDERS = 3_000;
/** The most connections. */
const MOST = 32;
/** Rounds before those that count, of each: V8 needs tens of thousands of requests until one costs what it costs for good. */
const WARM_UP = 8;
/** By connections: how many times as many a second as the baseline. */
const GOALS = [
  { connections: 4, perSecond: 1.2 },
  { connections: 8 },
  { connections: MOST, perSecond: 2 },
] as const satisfies readonly { readonly connections: number; readonly perSecond?: number }[];

const flags = readFlags({ counts: ['orders'] });
const orders = flags.count('orders') ?? flags.size(ORDERS);

/** Places the orders of a round, so many at a time, and sees that each of them is there with its message. */
async function place(site: Site, connections: number, isKeyed: boolean): Promise<Figure> {
  const client = new OrderClient(site.url);
  const expected = (await site.orders()) + orders;
  const post = (): Promise<string> => client.post({ customerId: 'bench', ...(isKeyed && { key: randomUUID() }) });
  const settled = (): Promise<void> => until(`${expected} messages`, async () => (await site.messages()) === expected);
  const figure = await measure(orders, site.pids, () => callConcurrently(orders, connections, post), {
    settle: settled,
  });
  client.close();
  expectCount('orders that are stored', await site.orders(), expected);
  return figure;
}

const shares: (readonly string[])[] = [];

/** Where the CPU went, µs an order. */
function noteShares(what: string, figures: readonly Figure[]): void {
  const of = (n: number): string => median(figures.map(({ cpuOfEach }) => cpuOfEach[n] ?? 0)).toFixed(0);
  shares.push([what, of(0), of(1), of(2)]);
}

async function compare(bare: Site, ours: Site, how: string, hasGoals: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { connections, ...ofIt } of GOALS) {
    const goals = hasGoals ? ofIt : {};
    const [baseline, unkeyed, keyed] = await alternate(1, flags.rounds, [
      () => place(bare, connections, false),
      () => place(ours, connections, false),
      () => place(ours, connections, true),
    ]);
    const [what, over] = [`${connections} connections`, 'bare Fastify'];
    rows.push(...rowsOf({ what: what + how, over, baseline, ours: unkeyed, goals }));
    rows.push(...rowsOf({ what: `${what}, keyed${how}`, over, baseline, ours: keyed, goals }));
    noteShares(`${what}${how}: ${over}`, baseline);
    noteShares(`${what}${how}: ours`, unkeyed);
    noteShares(`${what}, keyed${how}: ours`, keyed);
  }
  return rows;
}

const home = await mkdtemp(join(tmpdir(), 'bench-http-'));
const sites: Site[] = [];
try {
  const bare = await startBare(home);
  sites.push(bare);
  const ours = await startOurs(home);
  sites.push(ours);
  await alternate(0, WARM_UP, [() => place(bare, MOST, true), () => place(ours, MOST, true)]);
  const rows = await compare(bare, ours, '', true);
  await ours.takeBrokerAway?.();
  rows.push(...(await compare(bare, ours, ', messages wait', false)));
  report(rows, flags.check);
  printTable(['µs an order', 'taking it', 'PostgreSQL', 'broker'], shares);
} finally {
  for (const site of sites.reverse()) await site.stop();
  await rm(home, { recursive: true });
}
