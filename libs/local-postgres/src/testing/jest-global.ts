import { startPostgres, type LocalPostgres } from '../start-postgres.js';
import { removeAbandonedServers } from './abandoned.js';
import { SERVER_VARIABLE } from './server-variable.js';

let started: LocalPostgres | undefined;

/**
 * Jest's global setup: one PostgreSQL per project and run, without fsync, on a free port. `TEST_POSTGRES_URL` names a
 * server to use instead; its user must be allowed to create databases.
 */
export async function setUpPostgres(): Promise<void> {
  const existing = process.env['TEST_POSTGRES_URL'];
  if (existing !== undefined) {
    process.env[SERVER_VARIABLE] = existing;
    return;
  }
  await removeAbandonedServers();
  started = await startPostgres();
  process.env[SERVER_VARIABLE] = started.url('postgres');
}

/** Jest's global teardown: stops the server. */
export async function tearDownPostgres(): Promise<void> {
  await started?.stop();
  started = undefined;
}
