/**
 * The whole flow, order to paid, beside other stacks that do the same: `npm run bench:flow -- [--rounds 5] [--orders 1500]
 * [--only saturated,steady,latency] [--against textbook,job-queue] [--before REF] [--ours REF] [--quick] [--check]`.
 * REF is a commit, or a folder with an installed checkout. `--before` adds an earlier version of ours as a baseline,
 * `--ours` measures another version than this one, with the textbook stack on its broker, gateway and tables. CPU is what
 * the scheduler says of all processes of a stack, PostgreSQL and broker included.
 */
import { type Checkout, checkOut, ROOT } from '../kit/checkout.js';
import { readFlags } from '../kit/flags.js';
import { report, type Row } from '../kit/report.js';
import { printTable } from '../kit/table.js';
import { CONNECTIONS, Figures, type Part, PARTS, type Quantity, rowsOver } from './figures.js';
import { jobQueue } from './job-queue/kind.js';
import { ours, textbook } from './kinds.js';
import { saturate } from './orders.js';
import { Stack, type StackOptions } from './stack.js';

const ORDERS = 1_500;
const OURS = 'ours';
/** By the name of a baseline: how many times better ours has to be. */
const GOALS: Readonly<Record<string, Partial<Record<Quantity, number>>>> = {
  textbook: { saturatedCpu: 3.5, paid: 3, steadyCpu: 1.5 },
  before: { p50At10: 1, p50At100: 1, p99At100: 1 },
};
const BASELINES = { textbook, 'job-queue': jobQueue } as const;

const flags = readFlags({ texts: ['only', 'against', 'before', 'ours'], counts: ['orders'] });
const amounts = { orders: flags.count('orders') ?? flags.size(ORDERS), size: flags.size };
const parts = new Set(chosen('only', PARTS));
const against = chosen('against', Object.keys(BASELINES) as (keyof typeof BASELINES)[]);

/** @throws TypeError that lists what is not known */
function chosen<Name extends string>(flag: 'only' | 'against', known: readonly Name[]): readonly Name[] {
  const names = flags.text(flag)?.split(',').filter(Boolean) ?? known;
  const unknown = names.filter((name) => !known.some((one) => one === name));
  if (unknown.length > 0) throw new TypeError(`--${flag} knows ${known.join(', ')}, not ${unknown.join(', ')}.`);
  return names as readonly Name[];
}

const checkouts: Checkout[] = [];
async function rootOf(what: string | undefined): Promise<string> {
  if (what === undefined) return ROOT;
  const checkout = await checkOut(what);
  checkouts.push(checkout);
  return checkout.root;
}

const stacks: Stack[] = [];
const figures = new Map<string, Figures>();

async function measureAll(): Promise<void> {
  const root = await rootOf(flags.text('ours'));
  const before = flags.text('before');
  const all: readonly StackOptions[] = [
    ...against.map((name) => ({ name, root, kind: BASELINES[name] })),
    { name: OURS, root, kind: ours },
    ...(before === undefined ? [] : [{ name: 'before', root: await rootOf(before), kind: ours }]),
  ];
  for (const options of all) {
    stacks.push(await Stack.start(options));
    figures.set(options.name, new Figures());
  }
  for (const stack of stacks) await saturate(stack, Math.ceil(amounts.orders / 2), CONNECTIONS); // Warms up.
  for (let round = 0; round < flags.rounds; round += 1) {
    // Another one begins each time.
    const turns = [...stacks.slice(round % stacks.length), ...stacks.slice(0, round % stacks.length)];
    for (const stack of turns) await figures.get(stack.name)?.round(stack, parts as ReadonlySet<Part>, amounts);
    console.error(`round ${round + 1} of ${flags.rounds}`);
  }
}

try {
  await measureAll();
} finally {
  for (const stack of stacks.reverse()) await stack.stop();
  for (const checkout of checkouts) await checkout.remove();
}

const now = figures.get(OURS) as Figures;
const rows: Row[] = [];
for (const [name, baseline] of figures) {
  if (name !== OURS) rows.push(...rowsOver(name, baseline, now, GOALS[name] ?? {}));
}
report(rows, flags.check);
const names = [...now.byProcess().keys()];
if (names.length > 0) {
  const shares = [...figures].map(([name, each]) => {
    const byProcess = each.byProcess();
    return [name, ...names.map((process) => byProcess.get(process)?.toFixed(0) ?? '')];
  });
  printTable(['saturated, µs an order', ...names], shares);
}
