import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import setUpPostgres from '@orderflow/local-postgres/testing/global-setup';

/** Jest's globalSetup: a PostgreSQL for the run, and a folder in which its specs agree on a RabbitMQ if one needs it. */
export default async function globalSetup() {
  await setUpPostgres();
  process.env['MESSAGING_TEST_RUN_PID'] = String(process.pid);
  process.env['MESSAGING_TEST_RABBITMQ_FOLDER'] = mkdtempSync(join(tmpdir(), 'messaging-rabbitmq-'));
}
