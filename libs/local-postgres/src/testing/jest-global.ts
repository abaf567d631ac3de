import { startPostgres, type LocalPostgres } from '../start-postgres.js';
import { removeAbandonedServers } from './abandoned.js';
import { SERVER_VARIABLE } from './server-variable.js';

/** How long a finished test run may hold on to sockets, timers and processes before it counts as leaking, in ms. */
const LEAK_DEADLINE_MS = 5_000;

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

/** Jest's global teardown: stops the server, then watches that nothing keeps the process from ending. */
export async function tearDownPostgres(): Promise<void> {
  await started?.stop();
  started = undefined;
  failOnLeakedHandles();
}

/**
 * A leaked handle makes Jest hang rather than fail. The deadline itself keeps nothing alive: where nothing leaks, the
 * process is gone before it passes.
 */
function failOnLeakedHandles(): void {
  setTimeout(() => {
    console.error('The tests are over but these keep the process alive:', process.getActiveResourcesInfo());
    process.exit(1);
  }, LEAK_DEADLINE_MS).unref();
}
