/**
 * `npx nx run e2e:replay`: the whole system with dead letters of three reasons: two can be handled now, the third never can.
 * They are replayed in stages at RATE (100) a second while orders come in: as many as last for MEASURE_SECONDS (30), then
 * LETTERS (1,000) of each other reason, the last ones with order-api killed twice on the way. Prints what the orders waited
 * alone, beside as many ordinary messages a second, and beside the first replay; fails unless everything was handled once, and
 * with --check also when the 95th percentile of a POST, or of the time until an order is paid, is more than 1.5 times what it
 * is without a replay.
 */
import { System } from '../system.js';
import type { Latencies } from './live-traffic.js';
import { replayRun } from './replay-run.js';

const mostRatio = 1.5;
const system = await System.start();
try {
  const { alone, besideOrdinary, beside, replayed, tookMs, tookAmidKillsMs } = await replayRun(system, {
    count: Number(process.env['LETTERS'] ?? 1_000),
    rate: Number(process.env['RATE'] ?? 100),
    ordersPerSecond: Number(process.env['ORDERS_PER_SECOND'] ?? 10),
    measureMs: Number(process.env['MEASURE_SECONDS'] ?? 30) * 1_000,
  });
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const seconds = (value: number): string => `${(value / 1_000).toFixed(1)} s`;
  console.log(
    `Replayed ${replayed} in ${seconds(tookMs)}; others in ${seconds(tookAmidKillsMs)}, order-api killed twice.`,
  );
  console.log('\n| 95th percentile | alone | beside ordinary messages | beside the replay |\n|---|---|---|---|');
  console.log(`| orders | ${alone.orders} | ${besideOrdinary.orders} | ${beside.orders} |`);
  for (const what of ['post', 'paid'] as const) {
    const ratio = (latencies: Latencies): number => latencies[what] / alone[what];
    const cells = [besideOrdinary, beside].map((one) => `${ms(one[what])}, ${ratio(one).toFixed(2)} ×`);
    console.log(`| ${what} | ${[ms(alone[what]), ...cells].join(' | ')} |`);
    if (!(ratio(beside) <= mostRatio) && process.argv.includes('--check')) process.exitCode = 1;
  }
} finally {
  await system.remove();
}
