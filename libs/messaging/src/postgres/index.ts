export { deleteInBatches } from './delete-in-batches.js';
export { createManualPauses, type ManualPause, type ManualPauses } from './manual-pauses.js';
export type { HandledEffect } from './handled-effect.js';
export type { PostgresInbox, PurgeOptions } from './postgres-inbox.js';
export {
  createPostgresMessaging,
  type PostgresMessaging,
  type PostgresMessagingOptions,
} from './postgres-messaging.js';
export type { CancelledMessage } from './outbox-scheduled.js';
export type { PostgresOutbox } from './postgres-outbox.js';
export type { DestinationTrouble, Relay, RelayHealth } from '../outbox/relay-health.js';
export type { RelayOptions } from './relay-options.js';
export { messagingSchema, type SchemaStep } from './schema.js';
export type {
  SqlResult,
  SqlTransaction,
  TransactionAdapter,
  TransactionIdentity,
  TransactionOptions,
  UnitOfWork,
} from './sql-transaction.js';
export type { Effect, Statement } from './outbox-rows.js';
export { postgresFailures } from './postgres-failures.js';
export { type RowColumn, RowColumns } from './row-columns.js';
export { preparing, StatementNames } from './preparing-client.js';
