/**
 * `npx nx run e2e:ordered`: 1,000 orders through the system with `ORDERED=true`, two replicas of each service, whose
 * handlers fail now and then, and 40 kills. Prints what came of it, and fails unless everything came once and in order.
 *
 * main.ts [ORDERS] [KILLS]
 */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { expectedOf } from './expected-report.js';
import { orderedRun } from './ordered-run.js';
import { OrderedSystem } from './ordered-system.js';

const [orders = 1_000, kills = 40] = process.argv.slice(2).map(Number);
const ordered = await OrderedSystem.start();
try {
  const report = await orderedRun(ordered, { orders, kills });
  console.log(JSON.stringify(report));
  const { afterAnother, seconds: _, ...rest } = report;
  deepStrictEqual(rest, expectedOf({ orders, kills }));
  ok(afterAnother > 0, 'some handlings come after one that failed');
} finally {
  await ordered.remove();
}
