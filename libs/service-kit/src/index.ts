export { createPool, type PoolOptions } from './postgres/create-pool.js';
export { migrate, MigrationConflict, pendingMigrations } from './postgres/migrate.js';
export { checksum, type Migration, readMigrations } from './postgres/migrations.js';
