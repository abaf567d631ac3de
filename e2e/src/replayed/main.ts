/**
 * `npx nx run e2e:replay`: the whole system with LETTERS (1,000) dead letters of each of three reasons: two can be handled now, the
 * third never can. They are replayed in stages at RATE (100) a second while orders come in, the second with order-api killed
 * twice on the way. Prints what the orders waited beside the first; fails unless everything was handled once, and with --check also when the 95th percentile of a
 * POST, or of the time until an order is paid, is more than 1.5 times what it is without a replay.
 */
import { System } from '../system.js';
import { replayRun } from './replay-run.js';

const mostRatio = 1.5;
const system = await System.start();
try {
  const { alone, beside, tookMs, tookAmidKillsMs } = await replayRun(system, {
    count: Number(process.env['LETTERS'] ?? 1_000),
    rate: Number(process.env['RATE'] ?? 100),
    ordersPerSecond: Number(process.env['ORDERS_PER_SECOND'] ?? 10),
    aloneMs: 30_000,
  });
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const seconds = (value: number): string => `${(value / 1_000).toFixed(1)} s`;
  console.log(`Replayed in ${seconds(tookMs)}, and in ${seconds(tookAmidKillsMs)} with order-api killed twice.`);
  console.log('\n| 95th percentile | alone | beside the replay | ratio |\n|---|---|---|---|');
  for (const what of ['post', 'paid'] as const) {
    const ratio = beside[what] / alone[what];
    console.log(
      `| ${what} | ${ms(alone[what])} of ${alone.orders} | ${ms(beside[what])} of ${beside.orders} | ${ratio.toFixed(2)} |`,
    );
    if (!(ratio <= mostRatio) && process.argv.includes('--check')) process.exitCode = 1;
  }
} finally {
  await system.remove();
}
