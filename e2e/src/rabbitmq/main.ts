/**
 * `npx nx run e2e:rabbitmq`: the whole system on the RabbitMQ of this machine, with ORDERS orders (1,000 when absent) under
 * way each time while something is done to it. Prints a table for docs/rabbitmq.md; fails unless each order is paid, charged
 * and counted once and nothing is dead.
 */
import { System } from '../system.js';
import { checkDeadLetters, faults, runDisturbed } from './disturbed-run.js';

const count = Number(process.env['ORDERS'] ?? 1_000);
const system = await System.start({}, ['--transport', 'rabbitmq']);
try {
  console.log('| while orders are under way | orders | all paid after |\n|---|---|---|');
  for (const fault of Object.keys(faults)) {
    const run = await runDisturbed(system, [fault], count);
    console.log(`| ${fault} | ${count} | ${(run.tookMs / 1_000).toFixed(1)} s |`);
  }
  checkDeadLetters(system);
} finally {
  await system.remove();
}
