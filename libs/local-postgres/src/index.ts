export type { CreateDatabaseOptions } from './administration.js';
export { startPostgres, stopLeftBehind, type LocalPostgres, type StartPostgresOptions } from './start-postgres.js';
