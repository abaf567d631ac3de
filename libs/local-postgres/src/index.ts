export { postgresAvailable } from './binaries.js';
export type { CreateDatabaseOptions } from './administration.js';
export { startPostgres, type LocalPostgres, type StartPostgresOptions } from './start-postgres.js';
