import startServer from '@orderflow/local-postgres/testing/global-setup';
import stopServer from '@orderflow/local-postgres/testing/global-teardown';
import { orderedRun } from './run.js';

// main.ts [ORDERS] [KILLS]
const [orders = '1000', kills = '20'] = process.argv.slice(2);
await startServer();
try {
  const report = await orderedRun({ orders: Number(orders), kills: Number(kills) });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  if (report.lost + report.twice + report.outOfOrder + report.deadLetters > 0) process.exitCode = 1;
} finally {
  await stopServer();
}
