/**
 * The whole flow, order to paid, against a textbook stack on the same broker, gateway, topology and schema, and against
 * checkouts of earlier versions: `npm run bench:flow -- [--rounds 5] [--orders 1500] [--before DIRECTORY] [--check]`.
 * CPU is what the scheduler says of all processes of a stack, PostgreSQL and broker included.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, printTable } from '../broker/table.js';
import { latencies, pace, saturate } from './orders.js';
import { Stack, type StackOptions } from './stack.js';

const CONNECTIONS = 16;
const GOALS = { saturatedCpu: 3.5, paid: 3, steadyCpu: 1.5, latency: 1 };

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    orders: { type: 'string', default: '1500' },
    before: { type: 'string' },
    check: { type: 'boolean', default: false },
    only: { type: 'string', default: 'saturated,steady,latency' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const rounds = Number(flags.rounds);
const orders = Number(flags.orders);
const parts = new Set(flags.only.split(','));

interface Figures {
  readonly byProcess: ReadonlyMap<string, number>[];
  readonly saturatedCpu: number[];
  readonly paid: number[];
  readonly steadyCpu: number[];
  readonly p50At10: number[];
  readonly p50At100: number[];
  readonly p99At100: number[];
}
type Figure = Exclude<keyof Figures, 'byProcess'>;

const stacks: readonly StackOptions[] = [
  { name: 'textbook', root, textbook: true },
  { name: 'now', root, textbook: false },
  ...(flags.before === undefined ? [] : [{ name: 'before', root: resolve(flags.before), textbook: false }]),
];
const figures = new Map<string, Figures>();

const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

async function round(stack: Stack, into: Figures): Promise<void> {
  if (parts.has('saturated')) {
    const { microsAnOrder, seconds, byProcess } = await saturate(stack, orders, CONNECTIONS);
    into.saturatedCpu.push(microsAnOrder);
    into.byProcess.push(byProcess);
    into.paid.push(orders / seconds);
  }
  if (parts.has('steady')) into.steadyCpu.push((await pace(stack, 1_000, 100)).microsAnOrder);
  if (!parts.has('latency')) return;
  into.p50At10.push(percentile(await latencies(stack, 60, 10), 0.5));
  const busy = await latencies(stack, 1_000, 100);
  into.p50At100.push(percentile(busy, 0.5));
  into.p99At100.push(percentile(busy, 0.99));
}

const running: Stack[] = [];
try {
  for (const options of stacks) {
    running.push(await Stack.start(options));
    figures.set(options.name, {
      byProcess: [],
      saturatedCpu: [],
      paid: [],
      steadyCpu: [],
      p50At10: [],
      p50At100: [],
      p99At100: [],
    });
  }
  for (const stack of running) await saturate(stack, Math.ceil(orders / 2), CONNECTIONS); // Warms up.
  for (let n = 0; n < rounds; n += 1) {
    // Another one begins each time.
    for (let place = 0; place < running.length; place += 1) {
      const stack = running[(n + place) % running.length] as Stack;
      await round(stack, figures.get(stack.name) as Figures);
    }
    console.error(`round ${n + 1} of ${rounds}`);
  }
} finally {
  for (const stack of running.reverse()) await stack.stop();
}

/** How many times better ours is: the median of the ratios of each round. */
function gain(figure: Figure, over: string): number {
  const ours = figures.get('now')?.[figure] ?? [];
  const theirs = figures.get(over)?.[figure] ?? [];
  return median(ours.map((one, n) => (figure === 'paid' ? one / (theirs[n] ?? 0) : (theirs[n] ?? 0) / one)));
}

const rows: string[][] = [];
let missed = 0;
function row(what: string, figure: Figure, unit: string, over: string, goal: number | undefined): void {
  if ((figures.get('now')?.[figure].length ?? 0) === 0 || !figures.has(over)) return;
  const text = (name: string): string => `${median(figures.get(name)?.[figure] ?? []).toFixed(0)} ${unit}`;
  const ratio = gain(figure, over);
  if (goal !== undefined && ratio < goal) missed += 1;
  rows.push([what, `${over}: ${text(over)}`, text('now'), ratio.toFixed(2), goal === undefined ? '' : `≥ ${goal}`]);
}
for (const over of ['textbook', 'before']) {
  const goals: Partial<typeof GOALS> =
    over === 'textbook' ? { ...GOALS, latency: undefined } : { latency: GOALS.latency };
  row('saturated: CPU an order', 'saturatedCpu', 'µs', over, goals.saturatedCpu);
  row('saturated: paid per second', 'paid', '/s', over, goals.paid);
  row('100 orders/s: CPU an order', 'steadyCpu', 'µs', over, goals.steadyCpu);
  row('10 orders/s: order to paid, p50', 'p50At10', 'ms', over, goals.latency);
  row('100 orders/s: order to paid, p50', 'p50At100', 'ms', over, goals.latency);
  row('100 orders/s: order to paid, p99', 'p99At100', 'ms', over, goals.latency);
}
printTable(['what', 'baseline', 'ours', 'ratio', 'reach'], rows);
const names = [...(figures.get('now')?.byProcess[0]?.keys() ?? [])];
const shares = [...figures].map(([stack, { byProcess }]) => [
  stack,
  ...names.map((name) => median(byProcess.map((run) => run.get(name) ?? 0)).toFixed(0)),
]);
if (names.length > 0) printTable(['saturated, µs an order', ...names], shares);
if (flags.check && missed > 0) {
  console.error(`${missed} goals were missed.`);
  process.exitCode = 1;
}
