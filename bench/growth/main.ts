/**
 * Whether what was handled, what waits to be sent and what waits at the broker slow down what comes next: `npm run
 * bench:growth -- [--rounds 5] [--rows 10000000] [--backlog 1000000] [--only inbox,outbox,backlog] [--quick] [--check]`.
 * Ten million rows take some minutes to write, and 8 GB of the disk; a million messages 2 GB of memory.
 */
import { readFlags } from '../kit/flags.js';
import { report, type Row } from '../kit/report.js';
import { growBacklog } from './backlog.js';
import { growInbox } from './inbox.js';
import { growOutbox } from './outbox.js';

const ROWS = 10_000_000;
const BACKLOG = 1_000_000;
/** How much of the throughput of an empty one has to be left. */
const GOAL = 0.8;
const PARTS = { inbox: growInbox, outbox: growOutbox, backlog: growBacklog } as const;
type Part = keyof typeof PARTS;

const flags = readFlags({ texts: ['only'], counts: ['rows', 'backlog'] });
const { rounds, size } = flags;
const rowsOf: Readonly<Record<Part, number>> = {
  inbox: flags.count('rows') ?? size(ROWS),
  outbox: flags.count('rows') ?? size(ROWS),
  backlog: flags.count('backlog') ?? size(BACKLOG),
};
const only = flags.text('only')?.split(',') ?? Object.keys(PARTS);
const unknown = only.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  throw new TypeError(`--only knows ${Object.keys(PARTS).join(', ')}, not ${unknown.join(', ')}.`);
}

const rows: Row[] = [];
for (const part of only as readonly Part[]) {
  rows.push(...(await PARTS[part]({ rows: rowsOf[part], rounds, goal: GOAL, size })));
}
report(rows, flags.check);
