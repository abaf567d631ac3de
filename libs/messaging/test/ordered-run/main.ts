import { startPostgres } from '@orderflow/local-postgres';
import { orderedRun } from './run.js';

// main.ts [ORDERS] [KILLS]
const [orders = '1000', kills = '20'] = process.argv.slice(2);
const server = await startPostgres();
// Where specs find the server that Jest started for them.
process.env['ORDERFLOW_TEST_POSTGRES_URL'] = server.url('postgres');
try {
  const report = await orderedRun({ orders: Number(orders), kills: Number(kills) });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  if (report.lost + report.twice + report.outOfOrder + report.deadLetters > 0) process.exitCode = 1;
} finally {
  await server.stop();
}
