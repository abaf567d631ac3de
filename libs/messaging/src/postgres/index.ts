export { deleteInBatches } from './delete-in-batches.js';
export {
  createPostgresInbox,
  type PostgresInbox,
  type PostgresInboxOptions,
  type PurgeOptions,
} from './postgres-inbox.js';
export { createPostgresOutbox, type PostgresOutbox, type PostgresOutboxOptions } from './postgres-outbox.js';
export { type Relay, type RelayHealth, type RelayOptions, startRelay } from './relay.js';
export { messagingSchema, type SchemaStep } from './schema.js';
export type { PostgresTx } from './transaction.js';
export type { Statement } from './outbox-rows.js';
