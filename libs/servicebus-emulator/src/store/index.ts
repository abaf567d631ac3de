export type { SnapshotSource } from './compactor.js';
export { StoreCorruptError, StoreFailedError, StoreLockedError } from './errors.js';
export type { OpenPurpose, StoreDirectory, StoreFile } from './files.js';
export { openStore, Store } from './store.js';
export type { StoreOptions } from './store-options.js';
export { SYNC_MODES, type SyncMode } from './sync-mode.js';
