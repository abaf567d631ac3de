export type { SnapshotSource } from './compactor.js';
export { StoreCorruptError, StoreFailedError, StoreLockedError } from './errors.js';
export type { OpenPurpose, StoreDirectory, StoreFile } from './files.js';
export type { SyncMode } from './journal.js';
export { openStore, Store, type StoreOptions } from './store.js';
